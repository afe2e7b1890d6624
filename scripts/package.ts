import { execFileSync } from "node:child_process";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ARCHITECTURES, type DebArch, packDeb, stage } from "./build/debian.ts";
import { sourceEpoch } from "./build/epoch.ts";
import { compiler } from "./build/epoll.ts";

/**
 * Makes the Debian packages: `npm run package [amd64] [arm64]` (both when none is named), into `dist/`. The same commit and
 * lockfile give the same bytes, wherever the checkout lies (with the same dpkg, xz and compilers).
 */

const ROOT = fileURLToPath(new URL("..", import.meta.url));

function asked(words: readonly string[]): DebArch[] {
  const known = Object.keys(ARCHITECTURES) as DebArch[];
  const unknown = words.filter((word) => !known.includes(word as DebArch));
  if (unknown.length === 0) return words.length > 0 ? (words as DebArch[]) : known;
  console.error(`package: no architecture ${unknown.join(", ")}; there are ${known.join(" and ")}`);
  return process.exit(2);
}

/** One part of it is compiled: what is missing for that is said before anything is done. */
function withCompilers(architectures: DebArch[]): DebArch[] {
  try {
    for (const arch of architectures) compiler(ARCHITECTURES[arch]);
    return architectures;
  } catch (failure) {
    console.error(`package: ${(failure as Error).message}`);
    return process.exit(1);
  }
}

const architectures = withCompilers(asked(process.argv.slice(2)));
const epoch = sourceEpoch(ROOT);
for (const arch of architectures) {
  const tree = await stage({ root: ROOT, out: join(ROOT, "dist"), arch, epoch });
  const file = packDeb(tree, epoch);
  rmSync(tree, { recursive: true });
  const [sum = ""] = execFileSync("sha256sum", [file], { encoding: "utf8" }).split(" ");
  console.log(`${sum}  ${file}  ${(statSync(file).size / 1e6).toFixed(1)} MB`);
}
