import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

interface Locked {
  readonly version: string;
  readonly integrity?: string;
}

/** What stands in the lockfile for each folder of packages, such as `node_modules/zod`. */
export function readLock(root: string): Readonly<Record<string, Locked>> {
  return JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
}

/**
 * The folder of a package at the version of the lockfile. npm installs only what fits this machine, so the binaries of
 * another architecture are fetched, and compared with the lockfile's hash before they are unpacked. They are kept in
 * `$XDG_CACHE_HOME/telpost` (`~/.cache/telpost`).
 */
export function lockedPackage(root: string, name: string): string {
  const entry = readLock(root)[`node_modules/${name}`];
  if (!entry?.integrity) throw new Error(`${name} is not in package-lock.json`);
  const installed = join(root, "node_modules", name);
  if (existsSync(installed)) return atVersion(installed, entry.version);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "telpost");
  const folder = join(cache, `${name.replace("/", "+")}-${entry.version}`);
  if (!existsSync(folder))
    fetchPackage(cache, folder, { spec: `${name}@${entry.version}`, integrity: entry.integrity });
  return folder;
}

function atVersion(folder: string, locked: string): string {
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (version !== locked)
    throw new Error(`${folder} is ${version}, but package-lock.json says ${locked}. Run: npm ci`);
  return folder;
}

function fetchPackage(
  cache: string,
  folder: string,
  { spec, integrity }: { spec: string; integrity: string },
): void {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "fetch-"));
  try {
    const output = execFileSync("npm", ["pack", spec, "--json", "--pack-destination", work], {
      encoding: "utf8",
    });
    const archive = join(work, readName(output));
    const hash = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
    if (hash !== integrity) throw new Error(`${spec} has ${hash}, but package-lock.json says ${integrity}`);
    execFileSync("tar", ["-xzf", archive, "-C", work]);
    renameSync(join(work, "package"), folder);
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** npm 11 answers with a list, npm 12 with an object by package name. */
function readName(output: string): string {
  const answer: unknown = JSON.parse(output);
  const [packed] = Object.values(answer as Record<string, { filename: string }>);
  if (!packed) throw new Error(`npm pack answered: ${output}`);
  return packed.filename.replace("@", "").replace("/", "-");
}
