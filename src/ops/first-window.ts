import { ERRORS } from "../base/error-table.ts";
import type { ForwardStatus } from "../forward/compose.ts";
import type { SenseStatus } from "../sense/compose.ts";

/** What the two processes answer; null for one that does not. */
export interface BothStatus {
  readonly sense: SenseStatus | null;
  readonly forward: ForwardStatus | null;
}

/**
 * Whether sense made a window since `before`, or began anew and made its first, and forward has kept all that it has.
 * @param before what sense answered first
 */
export function windowKept(before: SenseStatus | null, { sense, forward }: BothStatus): boolean {
  if (!before || !sense || forward?.sense !== "connected") return false;
  const since = sense.epoch === before.epoch ? before.sealed : 0;
  return sense.sealed > since && sense.unkept === 0;
}

/** Why there is no window yet, in a few words. */
export function whatIsMissing({ sense, forward }: BothStatus): string {
  if (!sense) return "telpost-sense does not answer";
  if (!forward) return "telpost-forward does not answer";
  if (sense.handover === "absent") return "the two processes have not met";
  if (sense.waiting > 0 && sense.cityKey === null) return ERRORS["key.none_usable"].what;
  if (sense.waiting > 0 && !sense.clockSynced) return ERRORS["clock.unsynced"].what;
  return "the window is still open";
}
