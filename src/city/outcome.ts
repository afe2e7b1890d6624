import type { AlarmReason } from "./alarms.ts";
import type { MessageKey } from "./memory.ts";

/**
 * What became of a message. `handled`: the handlers resolved and it is marked as seen. `duplicate`: seen before, dropped.
 * `rejected`: not to be believed, see the alarm. `ignored`: not for this reader, or stale.
 */
export type Outcome =
  | { readonly result: "handled" | "duplicate" | "ignored" }
  | { readonly result: "rejected"; readonly reason: AlarmReason };

/** An outcome, and the number of the message where it is known. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly number?: Pick<MessageKey, "epoch" | "seq">;
}

/** Not to be believed. */
export function rejected(reason: AlarmReason, number?: Pick<MessageKey, "epoch" | "seq">): Verdict {
  return { outcome: { result: "rejected", reason }, ...(number && { number }) };
}

export function outcome(result: "handled" | "duplicate" | "ignored"): Verdict {
  return { outcome: { result } };
}
