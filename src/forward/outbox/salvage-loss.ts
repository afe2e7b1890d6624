import type { GatewayEvent, WindowRange } from "../../model.ts";
import type { Stream } from "../ports.ts";
import { gapEvents, type LostRow, type Range, rangesOf } from "./gaps.ts";
import type { Hole } from "./salvage-read.ts";

/** Works out what a salvage could not read, so that it can be declared. Pure. */

/** A row by its id and number. */
export interface Numbered {
  readonly id: number;
  readonly stream: Stream;
  readonly epoch: string;
  readonly seq: number;
}

export type SavedRow = Numbered & LostRow;

export interface Found {
  /** Rows that were saved, by rising id. */
  readonly saved: readonly SavedRow[];
  /** Numbers that the index lists; null when it could not be read to its end. */
  readonly listed: readonly Numbered[] | null;
  /** Where the table could not be read. */
  readonly holes: readonly Hole[];
  /** Rows that failed their checksum and whose numbers make sense. */
  readonly bad: readonly Numbered[];
  /** For each epoch the last message number kept; for each length (seconds) the last window end (ms) kept. */
  readonly lastSeqs: ReadonlyMap<string, number>;
  readonly lastEnds: ReadonlyMap<number, number>;
  /** Rows that are known to be missing, counted; null when not known. */
  readonly missing: number | null;
}

/** Gap events for what is missing; none when everything was saved. One without ranges when nobody knows what it was. */
export function lossOf(found: Found): GatewayEvent[] {
  if (found.missing === 0) return [];
  const lost = lostRows(found);
  const numbers = byEpoch(lost, found);
  const windows = lostWindows(lost, found);
  const [first, ...others] = numbers;
  const gaps = [
    ...gapEvents("corrupt_rows", first ?? { epoch: "", ranges: [] }, windows),
    ...others.flatMap((one) => gapEvents("corrupt_rows", one, [])),
  ];
  return gaps.length > 0 ? gaps : [{ kind: "gap", reason: "corrupt_rows" }];
}

/** Rows that the index lists and nobody could read; without the index those that failed their checksum. */
function lostRows({ saved, listed, bad }: Found): readonly Numbered[] {
  const ids = new Set(saved.map(({ id }) => id));
  return (listed ?? bad).filter(({ id }) => !ids.has(id));
}

function byEpoch(lost: readonly Numbered[], found: Found): { epoch: string; ranges: Range[] }[] {
  const numbers = new Map<string, number[]>();
  for (const { epoch, seq } of lost) numbers.set(epoch, [...(numbers.get(epoch) ?? []), seq]);
  const ranges = [...numbers].map(([epoch, seqs]) => ({ epoch, ranges: rangesOf(seqs) }));
  return found.listed ? ranges : [...ranges, ...inferredNumbers(found)];
}

/** Without the index: the numbers between the messages on both sides of a hole, and those behind the last one saved. */
function inferredNumbers({ saved, holes, lastSeqs }: Found): { epoch: string; ranges: Range[] }[] {
  const messages = saved.filter(({ stream }) => stream === "sealed");
  return holes.flatMap(({ after, before }) => {
    const previous = messages.findLast(({ id }) => id <= after);
    const next = messages.find(({ id }) => id >= before);
    if (!previous) return [];
    const { epoch, seq } = previous;
    const to = next?.epoch === epoch ? next.seq - 1 : (lastSeqs.get(epoch) ?? seq);
    return seq < to ? [{ epoch, ranges: [[seq + 1, to] as Range] }] : [];
  });
}

/** For each length the time between the windows saved on both sides of a loss; at the end of the queue up to the last window kept. */
function lostWindows(lost: readonly Numbered[], { saved, holes, lastEnds }: Found): WindowRange[] {
  const ids = lost.filter(({ stream }) => stream === "sealed").map(({ id }) => id);
  const places = [...placesOf(ids, saved), ...holes];
  const ranges = new Map<string, WindowRange>();
  for (const [seconds, lastEnd] of [...lastEnds].sort((a, b) => a[0] - b[0])) {
    const rows = saved.filter(({ lengths }) => lengths.includes(seconds));
    for (const place of places) {
      const range = windowsAround(place, rows, seconds, lastEnd);
      if (range) ranges.set(`${seconds} ${range.fromMs}`, range);
    }
  }
  return [...ranges.values()];
}

/** Lost ids as places: those with no saved row between them are one. */
function placesOf(ids: readonly number[], saved: readonly SavedRow[]): Hole[] {
  const places: { after: number; before: number }[] = [];
  let next = 0;
  for (const id of [...ids].sort((a, b) => a - b)) {
    const last = places.at(-1);
    const start = next;
    while ((saved[next]?.id ?? id) < id) next++;
    if (last && start === next) last.before = id;
    else places.push({ after: id, before: id });
  }
  return places;
}

/** The windows between the rows saved around a place: ids up to `after` lie before it, ids from `before` on behind it. */
function windowsAround(
  { after, before }: Hole,
  rows: readonly SavedRow[],
  seconds: number,
  lastEnd: number,
): WindowRange | null {
  const previous = rows.findLast(({ id }) => id <= after);
  const next = rows.find(({ id }) => id >= before);
  if (!previous) return null;
  const toMs = next ? next.atMs - seconds * 1000 : lastEnd;
  return previous.atMs < toMs ? { seconds, fromMs: previous.atMs, toMs } : null;
}
