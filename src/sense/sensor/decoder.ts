import type { Reading } from "../../model.ts";

/** Why input was discarded: a closed list, so that counting it never shows what was in it. */
export const DISCARDS = [
  "too_long",
  "not_text",
  "not_parsable",
  "wrong_type",
  "out_of_range",
  "wrong_form",
  "bounce",
  "too_fast",
  /** The device's own numbering shows that something never arrived. */
  "missed",
  /** Something passed, but which way cannot be told. */
  "ambiguous",
  /** It is of no class that the sensor counts. */
  "unknown_class",
] as const;
export type Discard = (typeof DISCARDS)[number];

/** What one call made of its input. */
export interface Decoded<State> {
  readonly state: State;
  readonly readings: readonly Reading[];
  /** One entry for each thing discarded. */
  readonly discarded: readonly Discard[];
}

/**
 * Turns bytes into readings. Pure: it never opens, logs, sleeps or reads a clock, and never throws on input.
 * Any chunking of the same bytes gives the same readings; the memory it holds is bounded.
 */
export interface Decoder<State> {
  readonly start: State;
  decode(state: State, bytes: Uint8Array): Decoded<State>;
}
