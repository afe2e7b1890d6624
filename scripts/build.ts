import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Arch, bundle } from "./build/bundle.ts";
import { lockedPackage } from "./build/locked.ts";
import { notices } from "./build/notices.ts";

/**
 * Builds what is put on a gateway: `sh scripts/n24 scripts/build.ts [x64] [arm64]` (both when none is named).
 * `dist/telpost-<version>-linux-<arch>/` and the same as .tar.gz: program, Node, native parts, units and installer.
 */

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const LAUNCHER = `#!/bin/sh
exec /usr/lib/telpost/node --jitless --disable-sigusr1 /usr/lib/telpost/telpost.cjs "$@"
`;

/** @returns the folder of the build */
export async function buildFor(arch: Arch, dist = join(ROOT, "dist")): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const out = join(dist, `telpost-${version}-linux-${arch}`);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const bundles = await bundle(ROOT, out, arch);
  const node = lockedPackage(ROOT, `node-linux-${arch}`);
  copyFileSync(join(node, "bin/node"), join(out, "node"));
  chmodSync(join(out, "node"), 0o755);
  writeFileSync(join(out, "telpost"), LAUNCHER, { mode: 0o755 });
  for (const name of ["systemd", "firmware-config", "contract"]) {
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(out, name), { recursive: true });
  }
  for (const name of ["install.sh", "telpost.yaml", "README.md"])
    copyFileSync(join(ROOT, "deploy", name), join(out, name));
  copyFileSync(join(ROOT, "LICENSE"), join(out, "LICENSE"));
  const native = [node, lockedPackage(ROOT, `@koromix/koffi-linux-${arch}`)];
  writeFileSync(join(out, "THIRD-PARTY-NOTICES.txt"), notices(ROOT, bundles, native));
  return out;
}

function pack(folder: string): string {
  const archive = `${folder}.tar.gz`;
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  execFileSync("tar", ["--owner=0", "--group=0", "-czf", archive, "-C", join(folder, ".."), name]);
  return archive;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const asked = process.argv.slice(2) as Arch[];
  for (const arch of asked.length > 0 ? asked : (["x64", "arm64"] as const)) {
    console.log(pack(await buildFor(arch)));
  }
}
