import {
  chmodSync,
  copyFileSync,
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { TelpostError } from "../base/errors.ts";
import { run } from "./machine.ts";
import { treeFolder } from "./safe.ts";

/**
 * Makes the package that is installed of its files and of what dpkg keeps of it: the first one on a gateway came from
 * somewhere else, and it is what an update goes back to. It has no conffiles, so that its files are all there is.
 * @throws TelpostError update.no_previous
 */
export async function rebuild(out: string): Promise<void> {
  const damaged = (await ask("dpkg", "--verify", "telpost")).split("\n").filter(isDamage);
  if (damaged.length > 0) throw new TelpostError("update.no_previous", damaged[0]?.trim());
  const tree = treeFolder(out);
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree);
  chmodSync(tree, 0o755);
  try {
    for (const path of (await ask("dpkg-query", "--listfiles", "telpost")).split("\n")) take(path, tree);
    await takeControl(join(tree, "DEBIAN"));
    await ask("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, out);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

/** Documents may have been left out when it was installed (dpkg.cfg(5), path-exclude). */
function isDamage(line: string): boolean {
  return line !== "" && !(line.startsWith("missing") && line.includes(" /usr/share/"));
}

function take(path: string, tree: string): void {
  const stats = path === "" || path === "/." ? undefined : lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return;
  const to = join(tree, path);
  // On a merged /usr some folders of the package are links to the real ones.
  const isFolder = stats.isDirectory() || (stats.isSymbolicLink() && statSync(path).isDirectory());
  if (!isFolder) return linkOrCopy(path, to);
  mkdirSync(to, { recursive: true });
  chmodSync(to, 0o755);
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    cpSync(from, to, { verbatimSymlinks: true, preserveTimestamps: true }); // On another file system.
  }
}

async function takeControl(folder: string): Promise<void> {
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  const known = await ask("dpkg-query", "--status", "telpost");
  writeFileSync(join(folder, "control"), known.replace(/^(Status|Config-Version): .*\n/gm, ""));
  for (const path of (await ask("dpkg-query", "--control-path", "telpost")).split("\n").filter(Boolean)) {
    const name = basename(path).replace(/^telpost(:\w+)?\./, "");
    copyFileSync(path, join(folder, name));
    chmodSync(join(folder, name), name === "md5sums" ? 0o644 : 0o755);
  }
}

async function ask(program: string, ...args: readonly string[]): Promise<string> {
  const { code, out, complaint } = await run(program, args);
  // dpkg --verify ends with 1 and with a line for each file that differs.
  if (code !== 0 && args[0] !== "--verify") throw new TelpostError("update.no_previous", complaint);
  return out;
}
