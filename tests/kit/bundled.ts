import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { bundle } from "../../scripts/build/bundle.ts";

const ROOT = join(import.meta.dirname, "../..");
const programIn = (folder: string) => join(folder, "program/telpost.cjs");

/**
 * Bundles telpost as it is put on a gateway. From its bundle a process starts with a third of the CPU of the source,
 * which has more than five hundred modules.
 * @param folder one of its own
 * @returns the program
 */
export async function bundled(folder: string): Promise<string> {
  const out = dirname(programIn(folder));
  mkdirSync(out, { recursive: true });
  await bundle(ROOT, out, process.arch === "arm64" ? "arm64" : "x64");
  cpSync(join(ROOT, "firmware-config"), join(out, "firmware-config"), { recursive: true });
  return programIn(folder);
}

interface Run {
  onTestsRerun(again: () => Promise<void>): void;
}

/**
 * Vitest calls it before the first test, once for each of its projects: the first call makes what all of them start.
 * With TELPOST_PROGRAM set, that is tested.
 */
export async function setup(run: Run): Promise<undefined | (() => void)> {
  if (process.env.TELPOST_PROGRAM !== undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "telpost-bundled-"));
  process.env.TELPOST_PROGRAM = programIn(folder);
  // Each process would compile it anew, which is half of the CPU of a short one; whoever is killed does not keep it.
  process.env.NODE_COMPILE_CACHE = join(folder, "compiled");
  execFileSync(process.execPath, [await bundled(folder), "version"]);
  run.onTestsRerun(async () => void (await bundled(folder)));
  return () => rmSync(folder, { recursive: true, force: true });
}
