import { execFileSync } from "node:child_process";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ARCHITECTURES, type DebArch, packDeb, stage } from "./build/debian.ts";
import { sourceEpoch } from "./build/epoch.ts";
import { maintainerOf, PLACEHOLDER } from "./build/maintainer.ts";

/**
 * Makes the Debian packages: `npm run package [amd64] [arm64]` (both when none is named), into `dist/`. The same commit,
 * lockfile and maintainer give the same bytes, wherever the checkout lies (with the same dpkg and xz).
 */

const ROOT = fileURLToPath(new URL("..", import.meta.url));

function asked(words: readonly string[]): DebArch[] {
  const known = Object.keys(ARCHITECTURES) as DebArch[];
  const unknown = words.filter((word) => !known.includes(word as DebArch));
  if (unknown.length === 0) return words.length > 0 ? (words as DebArch[]) : known;
  console.error(`package: no architecture ${unknown.join(", ")}; there are ${known.join(" and ")}`);
  return process.exit(2);
}

const epoch = sourceEpoch(ROOT);
const maintainer = maintainerOf(process.env);
if (!maintainer)
  console.error(`package: signed by ${PLACEHOLDER}; to publish one, set DEBFULLNAME and DEBEMAIL`);
for (const arch of asked(process.argv.slice(2))) {
  const tree = await stage({
    root: ROOT,
    out: join(ROOT, "dist"),
    arch,
    epoch,
    ...(maintainer && { maintainer }),
  });
  const file = packDeb(tree, epoch);
  rmSync(tree, { recursive: true });
  const [sum = ""] = execFileSync("sha256sum", [file], { encoding: "utf8" }).split(" ");
  console.log(`${sum}  ${file}  ${(statSync(file).size / 1e6).toFixed(1)} MB`);
}
