import { GAP_REASONS } from "../model.ts";
import { add, intersect, normalise, type Range, type Ranges, subtract, union } from "./ranges.ts";

/** Label of holes that nobody declared. In capitals, so that no reason of a gateway can be mistaken for it. */
export const UNDECLARED = "UNDECLARED";
export const CLOSED = "CLOSED";

/** Ranges under a label: a declared reason, or UNDECLARED. An array, for reasons are words that a gateway chooses. */
interface Labelled {
  readonly label: string;
  readonly ranges: Ranges;
}

/** One countable line: the numbers of an epoch, or the window ends of one length divided by that length. Plain JSON. */
export interface Track {
  readonly have: Ranges;
  /** Missing is looked for in [first, last] only; first > last: nowhere yet. */
  readonly first: number;
  readonly last: number;
  readonly declared: readonly Labelled[];
  /** Missing and not declared: since when (ms since the Unix epoch). */
  readonly noticed: readonly { readonly from: number; readonly to: number; readonly sinceMs: number }[];
  /** What was last told, so that only changes are told. */
  readonly told: readonly Labelled[];
  readonly touchedMs: number;
}

/** Bounds against a gateway that invents holes: beyond them the oldest ranges are forgotten. */
const MAX_RANGES = 1000;
const MAX_REASONS = 32;

export const emptyTrack: Track = {
  have: [],
  first: 0,
  last: -1,
  declared: [],
  noticed: [],
  told: [],
  touchedMs: 0,
};

/** Adds a number that arrived. */
export function arrive(track: Track, number: number, nowMs: number): Track {
  const have = add(track.have, number);
  if (have.length <= MAX_RANGES) return { ...track, have, touchedMs: nowMs };
  const newest = have.slice(-MAX_RANGES);
  return { ...track, have: newest, first: Math.max(track.first, newest[0]?.[0] ?? 0), touchedMs: nowMs };
}

/** Adds ranges that were declared. They count only where something is, or turns out to be, missing. */
export function declare(track: Track, reason: string, ranges: Ranges, nowMs: number): Track {
  const all = union(rangesOf(track.declared, reason), normalise(ranges)).slice(-MAX_RANGES);
  const others = track.declared.filter(({ label }) => label !== reason);
  const declared = [...others, { label: reason, ranges: all }].filter((one) => one.ranges.length > 0);
  return { ...track, declared: declared.sort(byLabel).slice(0, MAX_REASONS), touchedMs: nowMs };
}

/** Compares what is missing now with what was told before; holes not declared are told once they are older than the grace period. */
export function settleTrack(
  track: Track,
  graceMs: number,
  nowMs: number,
): { settled: Track; changes: Labelled[] } {
  const missing = track.first > track.last ? [] : subtract([[track.first, track.last]], track.have);
  if (missing.length === 0 && track.noticed.length === 0 && track.told.length === 0) {
    return { settled: track, changes: [] };
  }
  const now: Labelled[] = [];
  let rest = missing;
  for (const { label, ranges } of track.declared) {
    now.push({ label, ranges: intersect(rest, ranges) });
    rest = subtract(rest, ranges);
  }
  const noticed = notice(track.noticed, rest, nowMs);
  const due = noticed.filter(({ sinceMs }) => sinceMs + graceMs <= nowMs).map(pair);
  const stillTold = intersect(rest, rangesOf(track.told, UNDECLARED));
  now.push({ label: UNDECLARED, ranges: normalise([...due, ...stillTold]) });
  const told = now.filter(({ ranges }) => ranges.length > 0);
  return { settled: { ...track, noticed, told }, changes: changesOf(track.told, told, missing) };
}

function changesOf(before: readonly Labelled[], now: readonly Labelled[], missing: Ranges): Labelled[] {
  const changes = now.map(({ label, ranges }) => ({
    label,
    ranges: subtract(ranges, rangesOf(before, label)),
  }));
  const all = before.reduce<Ranges>((sum, { ranges }) => union(sum, ranges), []);
  return [...changes, { label: CLOSED, ranges: subtract(all, missing) }].filter(
    ({ ranges }) => ranges.length > 0,
  );
}

/** Keeps since when each number has been missing, also when the hole around it shrinks or grows. */
function notice(known: Track["noticed"], missing: Ranges, nowMs: number): Track["noticed"] {
  const kept = within(known, missing);
  const fresh = subtract(missing, normalise(kept.map(pair)));
  const all = [...kept, ...fresh.map(([from, to]) => ({ from, to, sinceMs: nowMs }))];
  return joined(all.sort((a, b) => a.from - b.from));
}

/** What of the pieces lies in the ranges; both are sorted, so one walk over both is enough. */
function within(pieces: Track["noticed"], ranges: Ranges): Track["noticed"] {
  const result: Track["noticed"][number][] = [];
  let at = 0;
  for (const { from, to, sinceMs } of pieces) {
    while (at < ranges.length && (ranges[at]?.[1] ?? 0) < from) at++;
    for (let next = at; next < ranges.length && (ranges[next]?.[0] ?? 0) <= to; next++) {
      const [low, high] = ranges[next] ?? [0, 0];
      result.push({ from: Math.max(from, low), to: Math.min(to, high), sinceMs });
    }
  }
  return result;
}

/** Joins neighbours that are equally old; when there are too many pieces, all neighbours, with the age of the older. */
function joined(pieces: Track["noticed"]): Track["noticed"] {
  const always = pieces.length > MAX_RANGES;
  const result: { from: number; to: number; sinceMs: number }[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (last && last.to + 1 === piece.from && (always || last.sinceMs === piece.sinceMs)) {
      last.to = piece.to;
      last.sinceMs = Math.min(last.sinceMs, piece.sinceMs);
    } else result.push({ ...piece });
  }
  return result;
}

function pair({ from, to }: { readonly from: number; readonly to: number }): Range {
  return [from, to];
}

function rangesOf(list: readonly Labelled[], label: string): Ranges {
  return list.find((one) => one.label === label)?.ranges ?? [];
}

/** A number declared for two reasons shows the first of them in this order, whatever order they came in. */
function byLabel(a: Labelled, b: Labelled): number {
  return rank(a.label) - rank(b.label) || (a.label < b.label ? -1 : 1);
}

function rank(label: string): number {
  const index = (GAP_REASONS as readonly string[]).indexOf(label);
  return index < 0 ? GAP_REASONS.length : index;
}
