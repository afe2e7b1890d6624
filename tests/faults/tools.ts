import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../../scripts/build/bundle.ts";
import { buildShim } from "./disk.ts";

/** What all histories of a run share. */
export interface Tools {
  /** The compiled shim. */
  readonly library: string;
  /** The program as it is put on a gateway: it starts in a third of the time of the source. */
  readonly program: string;
  /** Where Node keeps compiled code between starts. */
  readonly compileCache: string;
}

/** Makes them in a folder. @throws when gcc is missing */
export async function makeTools(folder: string): Promise<Tools> {
  const root = join(import.meta.dirname, "../..");
  const out = join(folder, "program");
  mkdirSync(out);
  await bundle(root, out, process.arch === "arm64" ? "arm64" : "x64");
  cpSync(join(root, "firmware-config"), join(out, "firmware-config"), { recursive: true });
  const program = join(out, "telpost.cjs");
  return { library: buildShim(folder), program, compileCache: join(folder, "compiled") };
}
