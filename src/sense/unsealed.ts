import type { PrivacyConfig } from "../config/schema.ts";
import type { Baseline, Output, Record } from "../model.ts";

/** The records of one closing instant, noised, on their way into a sealed message. */
export interface Unsealed {
  readonly endMs: number;
  /** Window lengths (seconds) that end here, ascending. */
  readonly lengths: readonly number[];
  /** One record for each output, in the same order, made under these privacy settings. */
  readonly outputs: readonly Output[];
  readonly records: readonly Record[];
  readonly privacy: PrivacyConfig;
  readonly baselines: readonly Baseline[];
  /** Monotonic ms of the close: how long the window has waited. */
  readonly closedAtMs: number;
  /** Wall minus monotonic time (ms) by which it was labelled. */
  readonly offsetMs: number;
  /** It was labelled anew when the clock was set: to the window, not to the second. */
  readonly moved: boolean;
}

/** Numbers of sealed messages, kept in the crash state. */
export interface Numbering {
  readonly epoch: string;
  nextSeq: number;
  /** No window that ends by then is sealed again. */
  lastSealedEndMs: number;
  /** The clock was set at least once since boot: from then on no window waits for it. */
  everSynced: boolean;
}

/** What will never come: windows that were not sealed yet, or numbered messages. */
export interface Dropped {
  readonly endMs: number;
  readonly lengths: readonly number[];
  readonly number?: { readonly epoch: string; readonly seq: number };
}

/** The name of an item that waits: sorts by time until the year 5138. */
export function nameOf(endMs: number): string {
  return String(endMs).padStart(14, "0");
}
