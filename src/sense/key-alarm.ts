import { EXPIRED_GRACE_MS, type KeyQuestion } from "./guard/city-keys.ts";

const DAY_MS = 86_400_000;
/** Days ahead at which an expiry is told again; the first leaves time for a city that signs keys in a vault. */
const STEPS = [1, 7, 14, 30, 60] as const;
const GRACE_STEPS = [...STEPS, EXPIRED_GRACE_MS / DAY_MS] as const;

/** How long the city keys last: what is told is one step, so that a day's difference is no news. */
export interface KeyState {
  readonly change: "good" | "expiring" | "expired" | "none_usable";
  /** `expiring`: the last key expires within so many days. `expired`: sealing stops within so many. */
  readonly withinDays: number | null;
}

/**
 * Null while it cannot be judged, for the clock is not set: what was told before still holds.
 * @param untilMs until when there are valid keys (coveredUntilMs)
 */
export function keyState(
  untilMs: number | null,
  { nowMs, synced }: Pick<KeyQuestion, "nowMs" | "synced">,
): KeyState | null {
  if (untilMs === null) return { change: "none_usable", withinDays: null };
  if (!synced) return null;
  if (nowMs >= untilMs)
    return { change: "expired", withinDays: step(untilMs + EXPIRED_GRACE_MS - nowMs, GRACE_STEPS) };
  const withinDays = step(untilMs - nowMs, STEPS);
  return { change: withinDays === null ? "good" : "expiring", withinDays };
}

/** The smallest step that is not yet reached; null when the time is longer than all. */
function step(restMs: number, steps: readonly number[]): number | null {
  return steps.find((days) => restMs <= days * DAY_MS) ?? null;
}
