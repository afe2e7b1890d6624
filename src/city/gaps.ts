import type { WindowRange } from "../model.ts";
import { arrive, CLOSED, declare, emptyTrack, settleTrack, type Track, UNDECLARED } from "./gap-track.ts";
import { has, type Range, type Ranges } from "./ranges.ts";

/**
 * Finds what is missing, by set and not by order: any order and repetition of the same messages ends in the same gaps.
 * Pure: state in, state out. The state is plain JSON and is kept by the memory.
 */

/** Everything known about one gateway's holes. */
export interface GapState {
  /** By epoch: message numbers from 0. */
  readonly numbers: Readonly<Record<string, Track>>;
  /** By length in seconds: window ends divided by the length. */
  readonly windows: Readonly<Record<string, Track>>;
}

export type Missing =
  | { readonly numbers: { readonly epoch: string; readonly ranges: Ranges } }
  | { readonly windows: readonly WindowRange[] };

/**
 * What the finder tells. A hole that was told as undeclared and is declared later is told again with its reason.
 * `numbers` are closed ranges; `windows` are [fromMs, toMs) in ms since the Unix epoch.
 */
export type GapOutput =
  | ({
      readonly type: "gap";
      /** `tenant/site/gateway` */
      readonly gateway: string;
      readonly declared: boolean;
      /** The gateway's word for it, when declared. */
      readonly reason?: string;
    } & Missing)
  | ({ readonly type: "gap_closed"; readonly gateway: string } & Missing);

/** A message that was handled. */
export interface Seen {
  readonly epoch: string;
  readonly seq: number;
  readonly endMs: number;
  /** Window lengths, seconds. */
  readonly lengths: readonly number[];
  /** Its clock was set, so its windows may move the first and last end between which all others are expected. */
  readonly anchored: boolean;
}

export interface Declared {
  readonly reason: string;
  readonly numbers?: { readonly epoch: string; readonly ranges: Ranges };
  readonly windows?: readonly WindowRange[];
}

export const noGaps: GapState = { numbers: {}, windows: {} };

/** Bounds against a gateway that invents epochs or lengths: beyond them the least recently touched is forgotten. */
const MAX_EPOCHS = 64;
const MAX_LENGTHS = 16;

/** A sealed message was handled. */
export function withSeen(state: GapState, seen: Seen, nowMs: number): GapState {
  const track = arrive(state.numbers[seen.epoch] ?? emptyTrack, seen.seq, nowMs);
  const numbers = { ...state.numbers, [seen.epoch]: { ...track, last: Math.max(track.last, seen.seq) } };
  const windows = { ...state.windows };
  for (const seconds of seen.lengths) {
    const index = Math.floor(seen.endMs / (seconds * 1000));
    const line = arrive(windows[seconds] ?? emptyTrack, index, nowMs);
    windows[seconds] = seen.anchored ? stretched(line, index) : line;
  }
  return bounded(numbers, windows);
}

function stretched(track: Track, index: number): Track {
  if (track.first > track.last) return { ...track, first: index, last: index };
  return { ...track, first: Math.min(track.first, index), last: Math.max(track.last, index) };
}

/** The gateway declared that something will never come. */
export function withDeclared(state: GapState, { reason, ...gap }: Declared, nowMs: number): GapState {
  const numbers = { ...state.numbers };
  if (gap.numbers) {
    const track = numbers[gap.numbers.epoch] ?? emptyTrack;
    numbers[gap.numbers.epoch] = declare(track, reason, gap.numbers.ranges, nowMs);
  }
  const windows = { ...state.windows };
  for (const { seconds, fromMs, toMs } of gap.windows ?? []) {
    const lengthMs = seconds * 1000;
    // Only windows that lie wholly in the range: the first ends one length after its start.
    const ends: Range = [Math.ceil(fromMs / lengthMs) + 1, Math.floor(toMs / lengthMs)];
    windows[seconds] = declare(windows[seconds] ?? emptyTrack, reason, [ends], nowMs);
  }
  return bounded(numbers, windows);
}

/** The gateway said how far the numbers of a previous epoch went. */
export function withEpochEnd(state: GapState, epoch: string, lastSeqKept: number, nowMs: number): GapState {
  const track = state.numbers[epoch] ?? emptyTrack;
  const ended = { ...track, last: Math.max(track.last, lastSeqKept), touchedMs: nowMs };
  return bounded({ ...state.numbers, [epoch]: ended }, state.windows);
}

function bounded(numbers: GapState["numbers"], windows: GapState["windows"]): GapState {
  return { numbers: newest(numbers, MAX_EPOCHS), windows: newest(windows, MAX_LENGTHS) };
}

function newest(tracks: GapState["numbers"], limit: number): GapState["numbers"] {
  const entries = Object.entries(tracks);
  if (entries.length <= limit) return tracks;
  return Object.fromEntries(entries.sort((a, b) => b[1].touchedMs - a[1].touchedMs).slice(0, limit));
}

/** Compares what is missing now with what was told before; returns what changed. */
export function settle(
  gateway: string,
  state: GapState,
  graceMs: number,
  nowMs: number,
): { state: GapState; outputs: GapOutput[] } {
  const outputs: GapOutput[] = [];
  const settleAll = (tracks: GapState["numbers"], name: (key: string, ranges: Ranges) => Missing) =>
    Object.fromEntries(
      Object.entries(tracks).map(([key, track]) => {
        const { settled, changes } = settleTrack(track, graceMs, nowMs);
        outputs.push(...changes.map(({ label, ranges }) => output(gateway, label, name(key, ranges))));
        return [key, settled];
      }),
    );
  const numbers = settleAll(state.numbers, (epoch, ranges) => ({ numbers: { epoch, ranges } }));
  const windows = settleAll(state.windows, (key, ranges) => ({
    windows: ranges.map((range) => windowRange(Number(key), range)),
  }));
  return { state: { numbers, windows }, outputs };
}

function output(gateway: string, label: string, missing: Missing): GapOutput {
  if (label === CLOSED) return { type: "gap_closed", gateway, ...missing };
  if (label === UNDECLARED) return { type: "gap", gateway, declared: false, ...missing };
  return { type: "gap", gateway, declared: true, reason: label, ...missing };
}

function windowRange(seconds: number, [from, to]: Range): WindowRange {
  return { seconds, fromMs: (from - 1) * seconds * 1000, toMs: to * seconds * 1000 };
}

/** True when a later message of the epoch was handled before this one: it belongs to a backlog. */
export function isLate(state: GapState, epoch: string, seq: number): boolean {
  const track = state.numbers[epoch];
  return track !== undefined && (track.have.at(-1)?.[1] ?? -1) > seq && !has(track.have, seq);
}

/** True when this number was handled, however long ago. */
export function hasNumber(state: GapState, epoch: string, seq: number): boolean {
  return has(state.numbers[epoch]?.have ?? [], seq);
}

/** True when a hole waits for its grace period, so that time alone can change what is told. */
export function waits(state: GapState): boolean {
  const tracks = [...Object.values(state.numbers), ...Object.values(state.windows)];
  return tracks.some(({ noticed }) => noticed.length > 0);
}
