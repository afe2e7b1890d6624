import { join } from "node:path";

/** Telpost as it lies in the checkout: for who reaches into a module of a running process. */
export const SOURCE = join(import.meta.dirname, "../../src/telpost.ts");

/**
 * The program that tests start as telpost: the bundle that a run of the tests made (`bundled.ts`), as it is put on a
 * gateway; outside of such a run the source.
 */
export const PROGRAM = process.env.TELPOST_PROGRAM ?? SOURCE;
