import type { z } from "zod";
import type { Patient } from "../doctor/check.ts";
import type { Machine } from "../doctor/machine.ts";

/** What parts are made from. Everything is handed in; nothing here opens a file. */
export interface Source {
  readonly patient: Patient;
  readonly machine: Machine;
  /** The last trials of a release and of a configuration, each with the code of its end. */
  readonly trials: readonly object[];
  /** Asks a running process over its control socket. @throws TelpostError usage.not_running, control.denied */
  ask(process: "sense" | "forward", verb: string): Promise<unknown>;
}

/** What the manifest says of a part, whether it could be made or not. */
export interface About {
  readonly name: string;
  /** What it is for. */
  readonly why: string;
  /** What stands where this comes from and not in here. */
  readonly leavesOut: string;
  /** What in it names a gateway, a network or a place; empty when nothing does. */
  readonly names: readonly string[];
}

/** One part of a bundle. */
export interface Part extends About {
  /** @throws TelpostError why it cannot be made */
  make(source: Source): Promise<unknown>;
}

/**
 * A part: what it looks at, and the shape that decides what of it is taken. Whatever `look` returns passes through the
 * shape, so that nothing gets in because somebody forgot to take it out.
 */
export function part(
  about: About,
  shape: z.ZodType,
  look: (source: Source) => unknown | Promise<unknown>,
): Part {
  return { ...about, make: async (source) => shape.parse(await look(source)) };
}
