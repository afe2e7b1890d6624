import type { SealedMessage } from "../../model.ts";
import type { OfferOutcome } from "../ports.ts";
import { messageHash } from "./row.ts";
import type { Kept } from "./state.ts";

/** What is known when a message is offered. */
export interface Known {
  /** What the epoch is remembered by; undefined when it is new or forgotten. */
  readonly kept: Kept | undefined;
  /** The row with its number: undefined when there is none, null when it fails its checksum. */
  readonly stored: { readonly payload: string } | null | undefined;
  /** The refusal that was declared for its number. */
  readonly refused: OfferOutcome | undefined;
  /** For each length in seconds: end of the last window kept, ms since the Unix epoch. */
  readonly ends: ReadonlyMap<number, number>;
}

/**
 * Decides on an offered message (contract, "Numbers"): the same number with the same bytes is a repetition, with other
 * bytes a conflict; a window that does not end later than the last one kept of its length is never kept, so that no
 * window ever has two values. A number refused for its windows stays refused. `new`: it is to be kept.
 */
export function judge(message: SealedMessage, { kept, stored, refused, ends }: Known): OfferOutcome | "new" {
  if (refused === "window_not_later") return refused;
  if (stored) return stored.payload === message.jws ? "kept" : "same_number_other_bytes";
  if (stored === null) return "kept";
  if (kept && kept.lastSeq !== null && message.seq <= kept.lastSeq) {
    const other = message.seq === kept.lastSeq && kept.lastHash !== messageHash(message.jws);
    return other ? "same_number_other_bytes" : "kept";
  }
  const late = message.lengths.some((seconds) => message.endMs <= (ends.get(seconds) ?? -1));
  return late ? "window_not_later" : "new";
}
