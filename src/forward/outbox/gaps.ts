import type { GapReason, GatewayEvent, WindowRange } from "../../model.ts";

/** Says in events what will never come. Pure. */

/** A row that is gone: its number, and the windows in it. */
export interface LostRow {
  readonly epoch: string;
  readonly seq: number;
  /** Closing instant, ms since the Unix epoch. */
  readonly atMs: number;
  /** Window lengths, seconds; none for an event. */
  readonly lengths: readonly number[];
}

export type Range = readonly [from: number, to: number];
type GapEvent = Extract<GatewayEvent, { kind: "gap" }>;

/** Limits of one event (handover/protocol.ts). More than that becomes more events. */
const MAX_NUMBER_RANGES = 256;
const MAX_WINDOW_RANGES = 16;

/** False when the numbers of a damaged row cannot be what they were: then they must not be declared. */
export function isPlausible({ epoch, seq, atMs, lengths }: LostRow): boolean {
  const isCount = (value: number, limit: number) =>
    Number.isSafeInteger(value) && value >= 0 && value <= limit;
  return (
    /^[0-9a-z]{16}$/.test(epoch) &&
    isCount(seq, Number.MAX_SAFE_INTEGER) &&
    isCount(atMs, 8.64e15) &&
    lengths.every((seconds) => seconds > 0 && isCount(seconds, 86_400))
  );
}

/** Numbers as sorted closed ranges. */
export function rangesOf(numbers: readonly number[]): Range[] {
  const ranges: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && number <= last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

/** Windows [at - length, at) of each length, joined where one begins as another ends; shorter lengths first. */
export function windowsOf(rows: readonly LostRow[]): WindowRange[] {
  const ends = new Map<number, number[]>();
  for (const { atMs, lengths } of rows) {
    for (const seconds of lengths) {
      const known = ends.get(seconds);
      if (known) known.push(atMs);
      else ends.set(seconds, [atMs]);
    }
  }
  return [...ends]
    .sort(([a], [b]) => a - b)
    .flatMap(([seconds, times]) =>
      joinWindows(
        seconds,
        times.sort((a, b) => a - b),
      ),
    );
}

function joinWindows(seconds: number, ends: readonly number[]): WindowRange[] {
  const joined: { seconds: number; fromMs: number; toMs: number }[] = [];
  for (const toMs of ends) {
    const fromMs = Math.max(0, toMs - seconds * 1000);
    const last = joined.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = toMs;
    else joined.push({ seconds, fromMs, toMs });
  }
  return joined;
}

/** One event for each epoch, in the order they are met; more only where one event cannot hold all ranges. */
export function gapsOf(reason: GapReason, rows: readonly LostRow[]): GapEvent[] {
  const byEpoch = new Map<string, LostRow[]>();
  for (const row of rows) {
    const others = byEpoch.get(row.epoch);
    if (others) others.push(row);
    else byEpoch.set(row.epoch, [row]);
  }
  return [...byEpoch].flatMap(([epoch, lost]) =>
    gapEvents(reason, { epoch, ranges: rangesOf(lost.map(({ seq }) => seq)) }, windowsOf(lost)),
  );
}

/** One gap, cut into as many events as its ranges need. */
export function gapEvents(
  reason: GapReason,
  numbers: { readonly epoch: string; readonly ranges: readonly Range[] },
  windows: readonly WindowRange[],
): GapEvent[] {
  const { epoch } = numbers;
  const numberParts = chunks(numbers.ranges, MAX_NUMBER_RANGES);
  const windowParts = chunks(windows, MAX_WINDOW_RANGES);
  const count = Math.max(numberParts.length, windowParts.length);
  return Array.from({ length: count }, (_, index) => {
    const ranges = numberParts[index];
    const part = windowParts[index];
    return {
      kind: "gap" as const,
      reason,
      ...(ranges && { numbers: { epoch, ranges } }),
      ...(part && { windows: part }),
    };
  });
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
