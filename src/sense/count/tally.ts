import type { Flag, Output, Window } from "../../model.ts";
import { closeGauge, type Gauge } from "./gauge.ts";

/** What has been counted for one output in its open window. */
export interface Tally {
  in: number;
  out: number;
  gauge: Gauge | null;
  /** Time in which somebody watched. */
  coveredMs: number;
  /** How much longer than its length the window lasts, because the wall clock was stepped back while it was open. */
  stretchedMs: number;
  flags: Flag[];
  /** Present with the flag catch_up: time of the previous reading, or null. */
  sinceMs?: number | null;
}

/** Nothing counted, nobody watching yet. */
export function emptyTally(): Tally {
  return { in: 0, out: 0, gauge: null, coveredMs: 0, stretchedMs: 0, flags: [] };
}

/**
 * What is told as covered: the length of the window but for what nobody watched, so that a stretched window hides no outage.
 * Whole milliseconds: sums of fractions would fall a hair short of a full window.
 */
export function coveredOf({ coveredMs, stretchedMs }: Tally): number {
  return Math.max(0, Math.round(coveredMs - stretchedMs));
}

/** A step that began before the window: the earliest beginning counts, and one unknown makes it unknown. */
export function noteCatchUp(tally: Tally, sinceMs: number | null): void {
  const known = tally.sinceMs;
  if (known === undefined) tally.sinceMs = sinceMs;
  else tally.sinceMs = known === null || sinceMs === null ? null : Math.min(known, sinceMs);
}

/** A value exists only where somebody watched: `null`, never 0, for "not measured" (P12). */
export function closedValue(
  output: Output,
  tally: Tally,
  boundaryMs: number,
): { value: Window["value"]; gauge: Gauge | null } {
  if (output.kind === "flow") {
    const value = tally.coveredMs > 0 ? { in: tally.in, out: tally.out } : null;
    return { value, gauge: null };
  }
  if (!tally.gauge) return { value: null, gauge: null };
  const { value, next } = closeGauge(tally.gauge, output.stat ?? "max", boundaryMs);
  return { value: tally.coveredMs > 0 && value !== null ? { present: value } : null, gauge: next };
}

/** The open windows as plain data, for the crash copy. */
export interface WindowSnapshot {
  /** Open window of each length: [seconds, end in ms since the Unix epoch]. */
  readonly ends: readonly (readonly [number, number])[];
  /** Each with the key of its output. */
  readonly tallies: readonly (readonly [string, Tally])[];
  /** Lengths whose first window has not begun. */
  readonly pending: readonly number[];
}
