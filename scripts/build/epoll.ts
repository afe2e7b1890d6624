import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Arch } from "./bundle.ts";
import { lockedPackage } from "./locked.ts";

/** Debian's compiler for each architecture: a native one has the same name with the triplet in front. */
const COMPILERS: Readonly<Record<Arch, { readonly command: string; readonly debian: string }>> = {
  x64: { command: "x86_64-linux-gnu-g++", debian: "g++-x86-64-linux-gnu" },
  arm64: { command: "aarch64-linux-gnu-g++", debian: "g++-aarch64-linux-gnu" },
};

/** As node-gyp compiles an addon for Node 24 (its common.gypi and addon.gypi), less what only Node's own sources need. */
const FLAGS = [
  ["-shared", "-fPIC", "-pthread", "-O2", "-std=gnu++20", "-fno-rtti", "-fno-exceptions"],
  ["-fno-strict-aliasing", "-w", "-D_GLIBCXX_USE_CXX11_ABI=1", "-D_FILE_OFFSET_BITS=64"],
  ["-DNODE_GYP_MODULE_NAME=epoll", "-DUSING_UV_SHARED=1", "-DUSING_V8_SHARED=1", "-DBUILDING_NODE_EXTENSION"],
  // Nothing in it tells where or when it was made.
  ["-Wl,--build-id=none", "-Wl,-soname=epoll.node", "-Wl,-z,relro,-z,now", "-s"],
].flat();

/**
 * Compiles the native part of epoll, which onoff needs, against the Node of the lockfile: epoll brings no binary, and one
 * made for another major version of Node does not load. The same compiler gives the same bytes anywhere.
 * @param file where it goes, such as `native/epoll.node`
 */
export function compileEpoll(root: string, file: string, arch: Arch): void {
  const cwd = join(lockedPackage(root, "epoll"), "src");
  // The compiler writes the real names of headers into what it makes, so those are replaced.
  const headers = realpathSync(join(lockedPackage(root, `node-linux-${arch}`), "include/node"));
  const nan = realpathSync(lockedPackage(root, "nan"));
  const include = [headers, nan].flatMap((folder) => ["-isystem", folder, `-ffile-prefix-map=${folder}=.`]);
  const output = resolve(file);
  mkdirSync(dirname(output), { recursive: true });
  execFileSync(compiler(arch), [...FLAGS, ...include, "-o", output, "epoll.cc"], { cwd, stdio: "inherit" });
}

/**
 * The compiler by its full name, or the plain one of this architecture.
 * @throws an Error that says what to install
 */
export function compiler(arch: Arch): string {
  const { command, debian } = COMPILERS[arch];
  const candidates = arch === process.arch ? [command, "g++"] : [command];
  const found = candidates.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
  if (found) return found;
  const install = arch === process.arch ? "g++" : debian;
  throw new Error(`no ${command}, which compiles epoll for ${arch}. Run: apt-get install ${install}`);
}
