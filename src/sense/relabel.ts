import type { Baseline } from "../model.ts";
import { movedBoundary } from "./count/grid.ts";
import type { Unsealed } from "./unsealed.ts";

/** Smaller differences of the wall clock are no reason to move a label. */
export const MOVE_MS = 1_000;

/** Closes a baseline again, under another window end. */
export type Rebox = (baseline: Baseline, endMs: number) => Baseline;

/**
 * Closed windows under the labels of a clock that is set now: `offsetMs` is wall minus monotonic time. What was closed
 * together may end apart, because a day and a minute have other boundaries; what ends together is one item again. Items
 * that have these labels already stay as they are, so that doing it twice is doing it once.
 */
export function relabelledItems(items: readonly Unsealed[], offsetMs: number, rebox: Rebox): Unsealed[] {
  const byEnd = new Map<number, Unsealed>();
  for (const part of items.flatMap((item) => partsOf(item, offsetMs, rebox))) {
    const other = byEnd.get(part.endMs);
    byEnd.set(part.endMs, other ? joined(other, part) : part);
  }
  return [...byEnd.values()].sort((one, other) => one.endMs - other.endMs);
}

function partsOf(item: Unsealed, offsetMs: number, rebox: Rebox): Unsealed[] {
  const stepMs = offsetMs - item.offsetMs;
  if (Math.abs(stepMs) < MOVE_MS) return [item];
  const parts = item.lengths.map((seconds): Unsealed => {
    const mine = item.outputs.map((output) => output.seconds === seconds);
    return {
      ...item,
      endMs: movedBoundary(item.endMs, stepMs, seconds),
      lengths: [seconds],
      outputs: item.outputs.filter((_, at) => mine[at]),
      records: item.records.filter((_, at) => mine[at]),
      baselines: [],
      offsetMs,
      moved: true,
    };
  });
  const lastMs = Math.max(...parts.map(({ endMs }) => endMs));
  const last = parts.findLastIndex(({ endMs }) => endMs === lastMs);
  const baselines = item.baselines.map((baseline) => rebox(baseline, lastMs));
  return parts.map((part, at) => (at === last ? { ...part, baselines } : part));
}

/** Two items of one end. A length that both have is the same window twice, left by a relabelling that was cut short. */
export function joined(one: Unsealed, other: Unsealed): Unsealed {
  const fresh = other.outputs.map(({ seconds }) => !one.lengths.includes(seconds));
  const newer = other.closedAtMs >= one.closedAtMs && other.baselines.length > 0 ? other : one;
  return {
    ...one,
    lengths: [...new Set([...one.lengths, ...other.lengths])].sort((a, b) => a - b),
    outputs: [...one.outputs, ...other.outputs.filter((_, at) => fresh[at])],
    records: [...one.records, ...other.records.filter((_, at) => fresh[at])],
    baselines: newer.baselines,
    closedAtMs: Math.max(one.closedAtMs, other.closedAtMs),
    moved: one.moved || other.moved,
  };
}
