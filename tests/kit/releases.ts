import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packDeb } from "../../scripts/build/debian.ts";
import { md5sums } from "../../scripts/build/tree.ts";
import { readKeyPair } from "../../src/keys/files.ts";
import { fileHash, signRelease } from "../../src/update/release.ts";

/** Releases that were never released: made of a staged one by another version, and by what is wrong with them. */

const SD_NOTIFY =
  'require("koffi").load("libsystemd.so.0").func("int sd_notify(int, const char *)")(0, "READY=1")';

/** What stands at the start of the program of a release that is broken. */
export const FAULTS = {
  /** Both daemons end at their start, with the exit code of an exception. */
  throws: { of: ["telpost-sense", "telpost-forward"], text: 'throw new Error("broken release");' },
  /** Sense starts and says so, and that is all it ever does. */
  mute: {
    of: ["telpost-sense"],
    text: `${SD_NOTIFY}; setInterval(() => ${SD_NOTIFY.replace("READY", "WATCHDOG")}, 5000); return;`,
  },
  /** Nothing of it works, not even the check of the configuration. */
  dead: { of: ["telpost-sense", "telpost-forward", "telpost"], text: "process.exit(3);" },
} as const satisfies Record<string, { readonly of: readonly string[]; readonly text: string }>;

export interface ReleaseOptions {
  /** The staged tree of a good one (scripts/build/debian.ts). */
  readonly from: string;
  readonly version: string;
  readonly fault?: keyof typeof FAULTS;
  /** Of the control file, where it must be another one. */
  readonly architecture?: string;
  readonly epoch: number;
}

/** Packs another release beside the tree it is made of; the tree stays as it is. */
export function release({ from, version, fault, architecture, epoch }: ReleaseOptions): string {
  const tree = join(dirname(from), `telpost_${version}`);
  rmSync(tree, { recursive: true, force: true });
  execFileSync("cp", ["-al", from, tree]);
  const replace = (path: string, change: (text: string) => string) => {
    const file = join(tree, path);
    const text = change(readFileSync(file, "utf8"));
    rmSync(file);
    writeFileSync(file, text, { mode: 0o644 });
  };
  const broken = fault ? FAULTS[fault] : { of: [], text: "" };
  for (const name of broken.of) replace(`usr/lib/telpost/${name}.cjs`, (text) => `${broken.text}\n${text}`);
  replace("DEBIAN/control", (text) =>
    text
      .replace(/^Version: .*$/m, `Version: ${version}`)
      .replace(/^Architecture: .*$/m, (line) => (architecture ? `Architecture: ${architecture}` : line)),
  );
  const sums = md5sums(tree)
    .split("\n")
    .filter((line) => !line.includes("  DEBIAN/"));
  replace("DEBIAN/md5sums", () => sums.join("\n"));
  const deb = packDeb(tree, epoch, "none");
  rmSync(tree, { recursive: true });
  return deb;
}

/** Puts the signature of a package beside it. */
export async function sign(deb: string, privateKeyFile: string): Promise<void> {
  const key = readKeyPair(privateKeyFile, "Ed25519");
  writeFileSync(`${deb}.sig`, `${await signRelease(await fileHash(deb), key)}\n`);
}
