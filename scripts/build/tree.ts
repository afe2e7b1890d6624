import { createHash } from "node:crypto";
import { chmodSync, lstatSync, lutimesSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What is below a folder, sorted by name, as paths relative to it; links are not followed. */
export function walk(tree: string): { files: string[]; links: string[]; folders: string[] } {
  const found = { files: [] as string[], links: [] as string[], folders: [] as string[] };
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(tree.length + 1);
    const kind = entry.isDirectory() ? "folders" : entry.isSymbolicLink() ? "links" : "files";
    found[kind].push(path);
  }
  for (const list of Object.values(found)) list.sort();
  return found;
}

/** Gives everything the same mode and time wherever and whenever it was made: 0755 or 0644, and `epoch` (seconds). */
export function settle(tree: string, epoch: number, executable: (path: string) => boolean): void {
  const { files, links, folders } = walk(tree);
  for (const path of files) chmodSync(join(tree, path), executable(path) ? 0o755 : 0o644);
  for (const path of ["", ...folders]) chmodSync(join(tree, path), 0o755);
  for (const path of [...files, ...links, ...folders, ""]) lutimesSync(join(tree, path), epoch, epoch);
}

/** The control file `md5sums`, by which `dpkg --verify` finds files that were changed or damaged. */
export function md5sums(tree: string): string {
  const sum = (path: string) =>
    createHash("md5")
      .update(readFileSync(join(tree, path)))
      .digest("hex");
  return walk(tree)
    .files.map((path) => `${sum(path)}  ${path}\n`)
    .join("");
}

/** `Installed-Size` in KiB as Debian policy 5.6.20 counts it: each file rounded up, 1 for anything else. */
export function installedKib(tree: string): number {
  const { files, links, folders } = walk(tree);
  const sizes = files.map((path) => Math.ceil(lstatSync(join(tree, path)).size / 1024));
  return sizes.reduce((sum, one) => sum + one, links.length + folders.length);
}
