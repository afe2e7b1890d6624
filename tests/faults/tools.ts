import { join } from "node:path";
import { bundled } from "../kit/bundled.ts";
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
  const { TELPOST_PROGRAM: made, NODE_COMPILE_CACHE: compileCache = join(folder, "compiled") } = process.env;
  return { library: buildShim(folder), program: made ?? (await bundled(folder)), compileCache };
}
