import {
  type ChannelState,
  fromBaseline,
  stepTotal,
  type TotalAnomaly,
  type TotalBaseline,
  type TotalOptions,
} from "./totals.ts";

/** A channel that is read before its baseline of the previous run is known: its first and its latest total. */
export interface HeldTotals {
  readonly first: TotalBaseline;
  readonly latest: TotalBaseline;
}

export interface ReleasedTotals {
  readonly state: ChannelState;
  /** Passages between the baseline and the latest total, a whole number >= 0. */
  readonly delta: number;
  /** Since when they passed; null when unknown or nothing is measured. */
  readonly sinceMs: number | null;
  readonly anomalies: readonly TotalAnomaly[];
}

/** Takes one reading while the baseline is not known yet. */
export function hold(held: HeldTotals | undefined, total: number, atMs: number | null): HeldTotals {
  const latest = { total, atMs };
  return { first: held?.first ?? latest, latest };
}

/** Counts what was held. Without a baseline the first total is the baseline. */
export function releaseHeld(
  { first, latest }: HeldTotals,
  baseline: TotalBaseline | null,
  options: TotalOptions,
): ReleasedTotals {
  const start = fromBaseline(baseline ?? first);
  const one = stepTotal(start, first.total, first.atMs, options);
  const two = stepTotal(one.state, latest.total, latest.atMs, options);
  return {
    state: two.state,
    delta: one.delta + two.delta,
    sinceMs: baseline ? one.sinceMs : two.sinceMs,
    anomalies: [one.anomaly, two.anomaly].filter((anomaly) => anomaly !== undefined),
  };
}
