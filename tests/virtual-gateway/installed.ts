import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Bench } from "./scenario.ts";
import { shareGuest } from "./share.ts";

const LIMIT_MS = 10 * 60_000;

/** Installs the package on a new Debian, once for all scenarios that begin there. @returns what gives the raw disk */
export function installedOnce(options: {
  readonly image: string;
  readonly deb: string;
  /** A folder for it, made when it is needed. */
  readonly scratch: string;
}): () => Promise<string> {
  let made: Promise<string> | undefined;
  return () => {
    made ??= install(options);
    return made;
  };
}

async function install(options: Parameters<typeof installedOnce>[0]): Promise<string> {
  const { scratch } = options;
  mkdirSync(scratch);
  const bench = new Bench({ ...options, seed: 0, long: false });
  shareGuest(bench, "install");
  const inTime = await bench.start({ time: "virtual" }).ends(LIMIT_MS);
  if (!inTime || bench.text("install.status") !== "0")
    throw new Error(`the package does not install: ${bench.text("install.log")}`);
  const [layer, raw] = [join(scratch, "disk.qcow2"), join(scratch, "installed.raw")];
  execFileSync("qemu-img", ["convert", "-f", "qcow2", "-O", "raw", layer, raw]);
  rmSync(layer);
  return raw;
}
