import type { WalkUse } from "../../contract/walk-limits.ts";
import type { Baseline } from "../../model.ts";
import type { SenseMemory } from "../ports.ts";

/** Rows counted since the database was made, both streams together. */
export interface Ledger {
  appended: number;
  accepted: number;
  rejected: number;
  dropped: number;
  queued: number;
  /** Bytes of queued rows, as the quota counts them. */
  sealedBytes: number;
  eventBytes: number;
}

/** What is remembered of an epoch of sense, also when its rows have gone. */
export interface Kept {
  readonly lastSeq: number | null;
  /** SHA-256 (base64url) of the message with that number. */
  readonly lastHash: string | null;
  readonly lastEvent: number | null;
}

/** Everything but the rows. A transaction works on a copy, which replaces the original after the commit. */
export interface State {
  /** Ids rise for ever, also when the table was empty in between. */
  lastId: number;
  ledger: Ledger;
  /** The outbox's own epoch, which numbers the events. */
  eventEpoch: string;
  nextEventSeq: number;
  /** Epoch of the last message kept. */
  messageEpoch: string | null;
  stoppedCleanly: boolean;
  /** Epochs of sense, the one used last at the end. */
  kept: Map<string, Kept>;
  /** For each window length in seconds: end of the last window kept, ms since the Unix epoch. */
  ends: Map<number, number>;
  baselines: Map<string, Baseline>;
  walks: Walks;
}

/** Walk tests that were begun: how many ever, and those of the last day. */
export interface Walks {
  readonly used: number;
  readonly recent: readonly WalkUse[];
}

export const noWalks: Walks = { used: 0, recent: [] };

export function emptyState(eventEpoch: string): State {
  return {
    lastId: 0,
    ledger: {
      appended: 0,
      accepted: 0,
      rejected: 0,
      dropped: 0,
      queued: 0,
      sealedBytes: 0,
      eventBytes: 0,
    },
    eventEpoch,
    nextEventSeq: 0,
    messageEpoch: null,
    stoppedCleanly: false,
    kept: new Map(),
    ends: new Map(),
    baselines: new Map(),
    walks: noWalks,
  };
}

export function copyState(state: State): State {
  const { kept, ends, baselines } = state;
  return {
    ...state,
    ledger: { ...state.ledger },
    kept: new Map(kept),
    ends: new Map(ends),
    baselines: new Map(baselines),
  };
}

export const nothingKept: Kept = { lastSeq: null, lastHash: null, lastEvent: null };

/** Bounds of what is remembered, against a sense that has gone mad. */
const MAX_EPOCHS = 64;
const MAX_LENGTHS = 128;
const MAX_BASELINES = 512;

/** Remembers something of an epoch and makes it the one used last; the one unused for longest is forgotten. */
export function remember(state: State, epoch: string, change: Partial<Kept>): void {
  const kept = { ...(state.kept.get(epoch) ?? nothingKept), ...change };
  state.kept.delete(epoch);
  state.kept.set(epoch, kept);
  for (const oldest of state.kept.keys()) {
    if (state.kept.size <= MAX_EPOCHS) break;
    state.kept.delete(oldest);
  }
}

export function rememberEnd(state: State, seconds: number, endMs: number): void {
  state.ends.set(seconds, endMs);
  forgetOldest(state.ends, MAX_LENGTHS, (end) => end);
}

/** Keeps the newest baseline of a channel. */
export function rememberBaseline(state: State, baseline: Baseline): void {
  const known = state.baselines.get(baseline.channel);
  if (known && known.endMs > baseline.endMs) return;
  state.baselines.set(baseline.channel, baseline);
  forgetOldest(state.baselines, MAX_BASELINES, ({ endMs }) => endMs);
}

function forgetOldest<K, V>(map: Map<K, V>, limit: number, endMs: (value: V) => number): void {
  while (map.size > limit) {
    const oldest = [...map].reduce((a, b) => (endMs(b[1]) < endMs(a[1]) ? b : a));
    map.delete(oldest[0]);
  }
}

/** The law of the outbox: no row is lost from the books or counted twice. */
export function isConserved({ appended, accepted, rejected, dropped, queued }: Ledger): boolean {
  return queued + accepted + rejected + dropped === appended;
}

/** Most window lengths that a hello can carry (handover/protocol.ts). */
const MAX_HELLO_LENGTHS = 16;

/** What sense must learn at a hello. */
export function senseMemoryOf({ kept, ends, baselines, stoppedCleanly }: State, epoch: string): SenseMemory {
  const { lastSeq, lastEvent } = kept.get(epoch) ?? nothingKept;
  const lastEnds = [...ends]
    .map(([seconds, endMs]) => ({ seconds, endMs }))
    .sort((a, b) => b.endMs - a.endMs)
    .slice(0, MAX_HELLO_LENGTHS)
    .sort((a, b) => a.seconds - b.seconds);
  return {
    lastSeqKept: lastSeq,
    lastEventKept: lastEvent,
    lastEnds,
    baselines: [...baselines.values()],
    stoppedCleanly,
  };
}
