import type { Walker } from "./scene.ts";

/** Bytes on one of the lines of a device. Most devices have only `main`. */
export interface LineBytes {
  readonly port: "main" | "command";
  readonly bytes: Uint8Array;
}

/** What a simulated device made of one input: its next state, and what it puts on its lines. */
export interface Simulated<State> {
  readonly state: State;
  readonly send: readonly LineBytes[];
}

/**
 * The device's side of its lines, pure. Times are monotonic ms. What it produces is no evidence for a protocol: it shows
 * that the parts of the product fit together, and recordings show what devices do.
 */
export interface Simulator<State> {
  /** Power comes on: what the device forgets without power is forgotten. People in the scene walk by its own times. */
  start(scene: readonly Walker[], atMs: number): State;
  /** The gateway wrote bytes, cut anyhow. */
  answer(state: State, heard: LineBytes, atMs: number): Simulated<State>;
  /** Time passed. */
  tick(state: State, atMs: number): Simulated<State>;
  /** When `tick` is wanted next, or null for a device that only answers. */
  dueMs(state: State): number | null;
}

/** Nothing goes out. */
export function quietly<State>(state: State): Simulated<State> {
  return { state, send: [] };
}

/** Bytes on the main line, none when there are none. */
export function saying<State>(state: State, bytes: Uint8Array): Simulated<State> {
  return { state, send: bytes.length > 0 ? [{ port: "main", bytes }] : [] };
}
