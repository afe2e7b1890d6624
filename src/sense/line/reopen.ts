import { type BackoffPolicy, backoffMs } from "../../base/backoff.ts";

/** Pace of reopening: quick for a replug, and at most every 10 s for a device that stays away. */
export const REOPEN_PACE: BackoffPolicy = { firstMs: 250, maxMs: 10_000 };

/** A device that stayed open this long starts a fresh back-off; one that opens and fails at once keeps slowing down. */
export const STEADY_MS = 10_000;

/** `failures`: openings in a row that failed or did not last. `sinceMs`: monotonic time of the opening. */
export type ReopenState =
  | { readonly phase: "idle" }
  | { readonly phase: "opening"; readonly failures: number }
  | { readonly phase: "open"; readonly failures: number; readonly sinceMs: number }
  | { readonly phase: "waiting"; readonly failures: number }
  | { readonly phase: "stopped" };

/** start, stop: asked for. opened, failed: the outcome of "open". lost: an open device went away. due: the wait is over. */
export type ReopenEvent = "start" | "opened" | "failed" | "lost" | "due" | "stop";

/** What the shell does next; `waitMs` comes with "wait" only. */
export type ReopenStep =
  | { readonly state: ReopenState; readonly do: "open" | "none" }
  | { readonly state: ReopenState; readonly do: "wait"; readonly waitMs: number };

/**
 * Decides when a device is opened. It never gives up, never asks for a second opening while one is under way, and
 * ignores an event that does not fit its state (such as the outcome of an opening after "stop").
 * @param nowMs monotonic milliseconds
 * @param jitterBelow uniform integer in [0, n)
 */
export function reopen(
  state: ReopenState,
  event: ReopenEvent,
  nowMs: number,
  jitterBelow: (limit: number) => number,
): ReopenStep {
  if (event === "stop") return { state: { phase: "stopped" }, do: "none" };
  if (event === "start" && state.phase === "idle") return opening(0);
  if (event === "due" && state.phase === "waiting") return opening(state.failures);
  if (event === "opened" && state.phase === "opening") {
    return { state: { phase: "open", failures: state.failures, sinceMs: nowMs }, do: "none" };
  }
  if (event === "failed" && state.phase === "opening") return waiting(state.failures, jitterBelow);
  if (event === "lost" && state.phase === "open") {
    return waiting(nowMs - state.sinceMs >= STEADY_MS ? 0 : state.failures, jitterBelow);
  }
  return { state, do: "none" };
}

function opening(failures: number): ReopenStep {
  return { state: { phase: "opening", failures }, do: "open" };
}

function waiting(failures: number, jitterBelow: (limit: number) => number): ReopenStep {
  const waitMs = backoffMs(REOPEN_PACE, failures, jitterBelow);
  return { state: { phase: "waiting", failures: failures + 1 }, do: "wait", waitMs };
}
