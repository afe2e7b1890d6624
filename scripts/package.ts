import { rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readKeyPair } from "../src/keys/files.ts";
import { fileHash, signRelease } from "../src/update/release.ts";
import { ARCHITECTURES, type DebArch, packDeb, stage } from "./build/debian.ts";
import { sourceEpoch } from "./build/epoch.ts";
import { compiler } from "./build/epoll.ts";
import { maintainerOf, PLACEHOLDER } from "./build/maintainer.ts";

/**
 * Makes the Debian packages: `npm run package [amd64] [arm64]` (both when none is named), into `dist/`. The same commit,
 * lockfile and maintainer give the same bytes, wherever the checkout lies (with the same dpkg, xz and compilers).
 * `-- --sign FILE` puts a signature beside each, by the private key that `telpost keys release` made.
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

const { values, positionals } = parseArgs({ options: { sign: { type: "string" } }, allowPositionals: true });
const architectures = withCompilers(asked(positionals));
const key = values.sign === undefined ? null : readKeyPair(values.sign, "Ed25519");
const epoch = sourceEpoch(ROOT);
const maintainer = maintainerOf(process.env);
if (!maintainer)
  console.error(`package: its maintainer is ${PLACEHOLDER}; to publish one, set DEBFULLNAME and DEBEMAIL`);
for (const arch of architectures) {
  const tree = await stage({
    root: ROOT,
    out: join(ROOT, "dist"),
    arch,
    epoch,
    ...(maintainer && { maintainer }),
  });
  const file = packDeb(tree, epoch);
  rmSync(tree, { recursive: true });
  const sum = await fileHash(file);
  if (key) writeFileSync(`${file}.sig`, `${await signRelease(sum, key)}\n`);
  console.log(`${sum}  ${file}  ${(statSync(file).size / 1e6).toFixed(1)} MB`);
}
