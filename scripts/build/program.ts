import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Arch, bundle } from "./bundle.ts";
import { type Component, componentsOf } from "./components.ts";
import { contentsPage } from "./contents.ts";
import { compileEpoll } from "./epoll.ts";
import { lockedPackage } from "./locked.ts";

const LAUNCHER = `#!/bin/sh
exec /usr/lib/telpost/node --jitless --disable-sigusr1 /usr/lib/telpost/telpost.cjs "$@"
`;

export interface Program {
  readonly components: readonly Component[];
  /** Libraries compiled into the binaries, by package, then by library: version. */
  readonly inside: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Which module is in which bundle, for whoever wants to look. */
  readonly contents: string;
}

/** Fills `out` with all that runs: the bundles, Node, the native parts of one architecture, and the sensor profiles. */
export async function makeProgram(root: string, out: string, arch: Arch): Promise<Program> {
  mkdirSync(out, { recursive: true });
  const bundles = await bundle(root, out, arch);
  compileEpoll(root, join(out, "native/epoll.node"), arch);
  const node = lockedPackage(root, `node-linux-${arch}`);
  copyFileSync(join(node, "bin/node"), join(out, "node"));
  chmodSync(join(out, "node"), 0o755);
  writeFileSync(join(out, "telpost"), LAUNCHER, { mode: 0o755 });
  cpSync(join(root, "firmware-config"), join(out, "firmware-config"), { recursive: true });
  const koffi = `@koromix/koffi-linux-${arch}`;
  // nan is headers only, and so in what was compiled.
  const names = [koffi, "epoll", "nan"];
  const binaries = Object.fromEntries(names.map((name) => [name, lockedPackage(root, name)]));
  return {
    contents: contentsPage(bundles[0]),
    components: componentsOf(root, bundles, { ...binaries, [`node-linux-${arch}`]: node }),
    inside: { [`node-linux-${arch}`]: insideNode(node), "better-sqlite3": { sqlite: sqliteVersion(root) } },
  };
}

/** What Node says is compiled into it. Only the running one can be asked; both architectures are of one source. */
function insideNode(folder: string): Record<string, string> {
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const { node, modules: _, napi: __, ...libraries } = process.versions;
  if (node !== version)
    throw new Error(
      `the build runs on Node ${node}, the lockfile has ${version}. Run: npm ci --include=optional`,
    );
  return Object.fromEntries(Object.entries(libraries).flatMap(([name, at]) => (at ? [[name, at]] : [])));
}

function sqliteVersion(root: string): string {
  const header = readFileSync(join(root, "node_modules/better-sqlite3/deps/sqlite3/sqlite3.h"), "utf8");
  const version = /#define SQLITE_VERSION\s+"([\d.]+)"/.exec(header)?.[1];
  if (!version) throw new Error("better-sqlite3's sqlite3.h names no version");
  return version;
}
