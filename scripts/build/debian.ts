import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Arch } from "./bundle.ts";
import { copyrightFile } from "./copyright.ts";
import { PLACEHOLDER } from "./maintainer.ts";
import { makeProgram } from "./program.ts";
import { sbom } from "./sbom.ts";
import { installedKib, md5sums, settle, walk } from "./tree.ts";

/** Debian's names of the architectures, and npm's. */
export const ARCHITECTURES = { amd64: "x64", arm64: "arm64" } as const satisfies Record<string, Arch>;
export type DebArch = keyof typeof ARCHITECTURES;

export interface PackageOptions {
  /** The checkout. */
  readonly root: string;
  /** Where the package and the tree it is made of go. */
  readonly out: string;
  readonly arch: DebArch;
  /** Of package.json unless tests need another one. */
  readonly version?: string;
  /** Time of every file, in seconds since 1970. */
  readonly epoch: number;
  /** Who answers for the package, as `Name <address>`; otherwise the placeholder of deploy/debian/control. */
  readonly maintainer?: string;
}

/** Files that are put where the system looks for them, as they are in the checkout. */
const PLACES: Readonly<Record<string, string>> = {
  "systemd/telpost-sense.service": "lib/systemd/system/telpost-sense.service",
  "systemd/telpost-forward.service": "lib/systemd/system/telpost-forward.service",
  "systemd/telpost.target": "lib/systemd/system/telpost.target",
  "systemd/telpost.sysusers": "usr/lib/sysusers.d/telpost.conf",
  "systemd/telpost.tmpfiles": "usr/lib/tmpfiles.d/telpost.conf",
  "systemd/70-telpost.rules": "lib/udev/rules.d/70-telpost.rules",
  "deploy/debian/activate": "usr/lib/telpost/activate",
  "deploy/debian/lintian-overrides": "usr/share/lintian/overrides/telpost",
  "deploy/telpost.bash": "usr/share/bash-completion/completions/telpost",
  "deploy/telpost.1": "usr/share/man/man1/telpost.1",
  "deploy/debian/changelog": "usr/share/doc/telpost/changelog",
  "deploy/README.md": "usr/share/doc/telpost/README.md",
  "docs/field-guide.md": "usr/share/doc/telpost/field-guide.md",
  "docs/runbook.md": "usr/share/doc/telpost/runbook.md",
  "docs/errors.md": "usr/share/doc/telpost/errors.md",
  "deploy/telpost.yaml": "usr/share/doc/telpost/examples/telpost.yaml",
  "deploy/setup.example.yaml": "usr/share/doc/telpost/examples/setup.example.yaml",
  "deploy/fleet.example.yaml": "usr/share/doc/telpost/examples/fleet.example.yaml",
  "systemd/onoff/onoff.conf": "usr/share/doc/telpost/examples/onoff/onoff.conf",
  "systemd/onoff/71-telpost-onoff.rules": "usr/share/doc/telpost/examples/onoff/71-telpost-onoff.rules",
  "firmware-config/telpost.example.yaml": "usr/share/doc/telpost/examples/telpost.example.yaml",
};
const PACKED = ["usr/share/man/man1/telpost.1", "usr/share/doc/telpost/changelog"];
const SCRIPTS = ["postinst", "prerm", "postrm"];
const EXECUTABLE = new Set([
  ...["node", "telpost", "activate"].map((name) => `usr/lib/telpost/${name}`),
  ...SCRIPTS.map((name) => `DEBIAN/${name}`),
]);

/** Fills `out/telpost_<version>_<arch>` with the content of the package and its control files; returns that folder. */
export async function stage({ root, out, arch, epoch, ...options }: PackageOptions): Promise<string> {
  const version = debianVersion(options.version ?? manifestVersion(root));
  const tree = join(out, `telpost_${version}_${arch}`);
  rmSync(tree, { recursive: true, force: true });
  const program = await makeProgram(root, join(tree, "usr/lib/telpost"), ARCHITECTURES[arch]);
  for (const [from, to] of Object.entries(PLACES)) {
    mkdirSync(dirname(join(tree, to)), { recursive: true });
    copyFileSync(join(root, from), join(tree, to));
  }
  const { maintainer = PLACEHOLDER } = options;
  putInto(join(tree, "usr/share/doc/telpost/changelog"), maintainer);
  for (const path of PACKED) execFileSync("gzip", ["-9n", join(tree, path)]);
  mkdirSync(join(tree, "usr/bin"));
  symlinkSync("../lib/telpost/telpost", join(tree, "usr/bin/telpost"));
  // Belongs to the administrator: the package puts nothing into it.
  mkdirSync(join(tree, "etc/telpost"), { recursive: true });
  const docs = join(tree, "usr/share/doc/telpost");
  const licence = readFileSync(join(root, "LICENSE"), "utf8").trim();
  writeFileSync(join(docs, "bundles.txt"), program.contents);
  writeFileSync(join(docs, "copyright"), copyrightFile(licence, program.components));
  const { files } = walk(tree);
  writeFileSync(join(docs, "sbom.cdx.json"), sbom({ ...program, tree, files, version, arch, epoch }));
  writeControl(root, tree, { version, arch, maintainer });
  settle(tree, epoch, (path) => EXECUTABLE.has(path));
  return tree;
}

function writeControl(
  root: string,
  tree: string,
  { version, arch, maintainer }: { version: string; arch: string; maintainer: string },
): void {
  const from = join(root, "deploy/debian");
  const sums = md5sums(tree);
  const size = installedKib(tree);
  mkdirSync(join(tree, "DEBIAN"));
  for (const name of SCRIPTS) copyFileSync(join(from, name), join(tree, "DEBIAN", name));
  writeFileSync(join(tree, "DEBIAN/md5sums"), sums);
  const [first = "", ...rest] = readFileSync(join(from, "control"), "utf8").split(/(?<=\n)/);
  const made = `Version: ${version}\nArchitecture: ${arch}\nInstalled-Size: ${size}\n`;
  writeFileSync(join(tree, "DEBIAN/control"), [first, made, ...rest].join(""));
  putInto(join(tree, "DEBIAN/control"), maintainer);
}

/** Whoever publishes a package signs its files, where the checkout has a placeholder. */
function putInto(file: string, maintainer: string): void {
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(PLACEHOLDER, maintainer));
}

/**
 * Packs a staged tree; everything in it belongs to root. The bytes do not depend on how many cores xz finds: it cuts its
 * blocks by size.
 * @param compression `xz` for a release; `none` where only the content matters
 * @returns the .deb beside the tree
 */
export function packDeb(tree: string, epoch: number, compression: "xz" | "none" = "xz"): string {
  const file = `${tree}.deb`;
  const how = ["--root-owner-group", `-Z${compression}`];
  execFileSync("dpkg-deb", [...how, "--build", tree, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return file;
}

function manifestVersion(root: string): string {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;
}

/** 1.2.0-rc.1 comes before 1.2.0 for npm, and so does 1.2.0~rc.1 for Debian. */
export function debianVersion(version: string): string {
  return version.replace("-", "~");
}
