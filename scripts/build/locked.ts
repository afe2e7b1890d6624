import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity?: string }>>;
}

/**
 * The folder of a package at the version of the lockfile. npm installs only what fits this machine, so the binaries of
 * another architecture are fetched, and compared with the lockfile's hash before they are unpacked.
 */
export function lockedPackage(root: string, name: string): string {
  const installed = join(root, "node_modules", name);
  if (existsSync(installed)) return installed;
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lock;
  const entry = lock.packages[`node_modules/${name}`];
  if (!entry?.integrity) throw new Error(`${name} is not in package-lock.json`);
  const cache = join(root, "dist", ".cache");
  const folder = join(cache, `${name.replace("/", "+")}-${entry.version}`);
  if (!existsSync(folder))
    fetchPackage(cache, folder, { spec: `${name}@${entry.version}`, integrity: entry.integrity });
  return folder;
}

function fetchPackage(
  cache: string,
  folder: string,
  { spec, integrity }: { spec: string; integrity: string },
): void {
  mkdirSync(cache, { recursive: true });
  const output = execFileSync("npm", ["pack", spec, "--json", "--pack-destination", cache], {
    encoding: "utf8",
  });
  const archive = join(cache, readName(output));
  const hash = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
  if (hash !== integrity)
    throw new Error(`${spec}: ${archive} is ${hash}, but package-lock.json says ${integrity}`);
  mkdirSync(`${folder}.new`, { recursive: true });
  execFileSync("tar", ["-xzf", archive, "--strip-components=1", "-C", `${folder}.new`]);
  renameSync(`${folder}.new`, folder);
}

/** npm 11 answers with a list, npm 12 with an object by package name. */
function readName(output: string): string {
  const answer: unknown = JSON.parse(output);
  const [packed] = Object.values(answer as Record<string, { filename: string }>);
  if (!packed) throw new Error(`npm pack answered: ${output}`);
  return packed.filename.replace("@", "").replace("/", "-");
}
