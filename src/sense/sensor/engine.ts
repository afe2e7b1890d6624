import type { Levels, Reading } from "../../model.ts";
import type { Discard } from "./decoder.ts";
import type { Tallies } from "./dialogue/state.ts";

/** The lines of one sensor: most have one; a few have a second one for commands. */
export type PortName = "main" | "command";

/** Bytes for the device. */
export interface Outgoing {
  readonly port: PortName;
  readonly bytes: Uint8Array;
}

/** How the conversation with the device stands: no function of passages. */
export type Condition =
  /** Commands are being sent; nothing is measured yet. */
  | "starting"
  | "working"
  /** Nothing has come for longer than the profile allows; it is started anew. */
  | "silent"
  /** The device does not answer as its profile says; it is started anew with back-off. */
  | "refused"
  /** Something stands in the way of measuring, such as a leaf in a light beam: over by itself when it goes. */
  | "blocked"
  /** The device sent what its profile forbids, such as a picture: discarded, and alarmed. */
  | "forbidden";

/** What one input made of it. */
export interface Step {
  readonly readings: readonly Reading[];
  readonly discarded: readonly Discard[];
  readonly send: readonly Outgoing[];
}

/** Nothing came of it. */
export const NOTHING: Step = { readings: [], discarded: [], send: [] };

/**
 * One device as the gateway talks with it: made anew at each opening of its line, so that half a frame never meets a new
 * one. It holds state, but does nothing by itself: it never opens, logs, sleeps or reads a clock, and never throws on
 * input. Times are monotonic ms and never go back.
 */
export interface Engine {
  /**
   * The lines are open: the first thing to happen.
   * @param levels what GPIO lines stood at then, by the names the profile gives them, as far as it is known. No change,
   *   so that it counts nothing
   */
  opened(atMs: number, levels?: Levels): Step;
  bytes(port: PortName, chunk: Uint8Array, atMs: number): Step;
  /** A level change of a GPIO line, by the name the profile gives it. */
  edge(name: string, level: 0 | 1, atMs: number): Step;
  /** Time passed: time-outs, polls, a pulse that has held. Called at `dueMs`, and before a window closes. */
  tick(atMs: number): Step;
  /** When `tick` is wanted next (monotonic ms), or null. */
  readonly dueMs: number | null;
  readonly condition: Condition;
  /** What went wrong in the conversation since the opening; absent for a device that is not talked to. */
  readonly tallies?: Tallies;
}
