import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const TOOLS: Readonly<Record<string, string>> = {
  "qemu-system-x86_64": "qemu-system-x86",
  "qemu-img": "qemu-utils",
  mmdebstrap: "mmdebstrap",
  busybox: "busybox-static",
  cpio: "cpio",
  modprobe: "kmod",
  mke2fs: "e2fsprogs",
  gcc: "gcc",
  "g++": "g++",
};

/** Debian packages that this machine lacks for the virtual gateway. */
export function missingPackages(): string[] {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  const has = (tool: string) =>
    spawnSync("sh", ["-c", `command -v ${tool}`], { env: { PATH: path } }).status === 0;
  return Object.entries(TOOLS).flatMap(([tool, name]) => (has(tool) ? [] : [name]));
}

/** The image of this recipe, made when it is not there yet: some minutes, once. @returns its folder */
export function image(): string {
  const recipe = join(import.meta.dirname, "image.sh");
  const hash = createHash("sha256").update(readFileSync(recipe)).digest("hex").slice(0, 12);
  const cache =
    process.env.TELPOST_VM_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "telpost-virtual-gateway");
  const folder = join(cache, hash);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    // In a folder of this process alone: image.sh begins by removing it, and while another one makes its image, the
    // host's own /dev/shm is mounted below that one's.
    const own = join(cache, `${hash}.${process.pid}`);
    execFileSync("sh", [recipe, own], { stdio: "inherit", env: { ...process.env, LC_ALL: "C" } });
    if (existsSync(folder)) rmSync(own, { recursive: true });
    else renameSync(own, folder);
    for (const old of readdirSync(cache)) {
      if (!old.startsWith(hash) && !old.endsWith(".making"))
        rmSync(join(cache, old), { recursive: true, force: true });
    }
  }
  return folder;
}
