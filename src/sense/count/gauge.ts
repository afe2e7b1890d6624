import type { Statistic } from "../../model.ts";

/**
 * The number of people in view during one window: each sample holds until the next one. Plain data, so that it can be
 * part of the crash copy. Times are monotonic ms.
 */
export interface Gauge {
  /** The value that holds now; null after the sensor was lost. */
  readonly current: number | null;
  /** The last value that was known in this window. */
  readonly last: number;
  readonly max: number;
  /** From when on `current` has not been added to `area` yet. */
  readonly sinceMs: number;
  /** Sum of value x ms, and the ms it covers. */
  readonly area: number;
  readonly knownMs: number;
}

/**
 * Takes one sample.
 * @param gauge null when nothing is known yet in this window
 * @param present people in view, a whole number >= 0
 */
export function sampleGauge(gauge: Gauge | null, present: number, atMs: number): Gauge {
  if (!gauge) return freshGauge(present, atMs);
  return { ...heldUntil(gauge, atMs), current: present, last: present, max: Math.max(gauge.max, present) };
}

/** The sensor is not watched from now on: the last value does not hold any longer. */
export function loseGauge(gauge: Gauge | null, atMs: number): Gauge | null {
  return gauge && { ...heldUntil(gauge, atMs), current: null };
}

/**
 * The statistic of the window that ends at `endMs`, and the gauge of the next one, which begins with the value that
 * holds. `mean` is weighted by time over what is known and rounded to a whole number; a known value of no duration
 * counts as itself. `value` is null when nothing was known in the window.
 */
export function closeGauge(
  gauge: Gauge | null,
  stat: Statistic,
  endMs: number,
): { readonly value: number | null; readonly next: Gauge | null } {
  if (!gauge) return { value: null, next: null };
  const closed = heldUntil(gauge, endMs);
  const next = closed.current === null ? null : freshGauge(closed.current, closed.sinceMs);
  return { value: statistic(closed, stat), next };
}

function freshGauge(present: number, atMs: number): Gauge {
  return { current: present, last: present, max: present, sinceMs: atMs, area: 0, knownMs: 0 };
}

/** Adds up the value that held until now. A time that steps back adds nothing. */
function heldUntil(gauge: Gauge, atMs: number): Gauge {
  const heldMs = Math.max(0, atMs - gauge.sinceMs);
  const sinceMs = gauge.sinceMs + heldMs;
  if (gauge.current === null) return { ...gauge, sinceMs };
  return { ...gauge, sinceMs, area: gauge.area + gauge.current * heldMs, knownMs: gauge.knownMs + heldMs };
}

function statistic(gauge: Gauge, stat: Statistic): number {
  if (stat === "max") return gauge.max;
  if (stat === "last" || gauge.knownMs === 0) return gauge.last;
  return Math.round(gauge.area / gauge.knownMs);
}
