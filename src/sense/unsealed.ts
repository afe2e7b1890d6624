import type { RecordOutput } from "../config/derived.ts";
import type { PrivacyConfig } from "../config/schema.ts";
import type { Baseline, Record } from "../model.ts";

/** Windows of one length that closed together, noised. */
export interface ClosedWindows {
  /** Their label: ms since the Unix epoch. */
  readonly endMs: number;
  /** The monotonic ms at which they ended: it stays true whatever the label becomes. */
  readonly endAtMs: number;
  readonly seconds: number;
  /** One record for each output, in the same order, made under these privacy settings. */
  readonly outputs: readonly RecordOutput[];
  readonly records: readonly Record[];
  readonly privacy: PrivacyConfig;
  readonly baselines: readonly Baseline[];
  /** Monotonic ms at which that was done. */
  readonly closedAtMs: number;
  /** Labelled anew when the clock was set: to the window, not to the second. */
  readonly moved: boolean;
}

/** What is sealed into one message: the windows of all lengths that end together. */
export interface Unsealed extends Omit<ClosedWindows, "seconds" | "endAtMs"> {
  /** Window lengths (seconds), ascending. */
  readonly lengths: readonly number[];
}

/** Numbers of sealed messages, kept in the crash state. */
export interface Numbering {
  readonly epoch: string;
  nextSeq: number;
  /** For each length (seconds): no window that ends by then is sealed again. */
  lastSealed: Readonly<{ [seconds: string]: number }>;
  /** The clock was set at least once since boot: from then on no window waits for it. */
  everSynced: boolean;
}

/** What will never come: windows that were not sealed yet, or numbered messages. */
export interface Dropped {
  readonly endMs: number;
  readonly lengths: readonly number[];
  readonly number?: { readonly epoch: string; readonly seq: number };
}
