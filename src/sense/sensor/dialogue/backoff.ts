import { backoffMs } from "../../../base/backoff.ts";
import type { Backoff, DialogueState } from "./state.ts";
import { tallied } from "./state.ts";

/** Pace of new starts. A sensor shares its line with nobody, so there is no jitter. */
const RESTART = { firstMs: 1000, maxMs: 60_000 };

/** Starts the device anew later: 1, 2, 4 ... 60 s after `notBeforeMs`, unless it proves to work in between. */
export function backOff(
  state: DialogueState,
  condition: "silent" | "refused",
  nowMs: number,
  notBeforeMs = nowMs,
): DialogueState {
  const waitMs = backoffMs(RESTART, state.failures, (limit) => limit);
  const phase: Backoff = { at: "backoff", sinceMs: nowMs, untilMs: Math.max(nowMs + waitMs, notBeforeMs) };
  return { ...tallied(state, "restarts"), condition, phase, failures: state.failures + 1 };
}

/** A silent device has been heard again: it is started after the shortest wait. */
export function hurry(state: DialogueState, phase: Backoff, nowMs: number): DialogueState {
  if (state.condition !== "silent") return state;
  const soonMs = Math.max(nowMs, phase.sinceMs + RESTART.firstMs);
  return { ...state, phase: { ...phase, untilMs: Math.min(phase.untilMs, soonMs) } };
}
