import type Database from "better-sqlite3";
import { type RandomBytes, randomEpoch } from "../../base/random.ts";
import type { Identity } from "../../contract/topics.ts";
import { Commit } from "./commit.ts";
import { isPlausible } from "./gaps.ts";
import { RefusedTable } from "./refused-table.ts";
import { fromRecord, isStream, messageHash, type RowRecord, type StoredRow, toLost } from "./row.ts";
import { RowTable } from "./row-table.ts";
import { type Found, lossOf, type Numbered, type SavedRow } from "./salvage-loss.ts";
import { type Hole, readRows, readSome } from "./salvage-read.ts";
import { writeMeta } from "./schema.ts";
import { emptyState, type Ledger, noWalks, remember, rememberEnd, type State, type Walks } from "./state.ts";
import { readState, StateWriter } from "./state-table.ts";
import { readWalks } from "./walks.ts";

/** Fills a new database with what can be read of a damaged one, and declares the rest in it. */

export interface RebuildOptions {
  readonly identity: Identity;
  readonly random: RandomBytes;
  readonly nowMs: number;
  readonly lastId: number;
  readonly walDamaged: boolean;
}

type Source = Database.Database;

export function rebuild(
  source: Source | null,
  target: Database.Database,
  options: RebuildOptions,
): { readonly saved: number; readonly lost: boolean } {
  return target
    .transaction(() => {
      const old = source && readOldState(source);
      const rows = new RowTable(target);
      const refused = new RefusedTable(target);
      const copy = source ? copyRows(source, rows, highestId(source, old, options)) : nothing;
      if (source) copyMemory(source, target, refused);
      const state = newState(old, copy, options);
      state.walks = source ? readOldWalks(source) : noWalks;
      const missing = missingRows(old, copy, options);
      const gaps = lossOf(foundOf(copy, state, missing));
      state.ledger = newLedger(old, copy, missing);
      const commit = new Commit({ rows, refused }, state, { ...options, judgesAge: false, sealedAfter: 0 });
      for (const gap of gaps) commit.addEvent(options.nowMs, gap);
      new StateWriter(target).write(null, commit.state);
      return { saved: copy.saved.length, lost: gaps.length > 0 };
    })
    .immediate();
}

interface Copy {
  readonly saved: readonly SavedRow[];
  readonly bytes: { readonly sealed: number; readonly event: number };
  readonly bad: readonly Numbered[];
  readonly badCount: number;
  readonly holes: readonly Hole[];
  readonly listed: readonly Numbered[] | null;
  /** Hash of the message with the highest number of each epoch. */
  readonly last: ReadonlyMap<string, { readonly seq: number; readonly hash: string }>;
}

/** Of a file in which nothing can be read. */
const nothing: Copy = {
  saved: [],
  bytes: { sealed: 0, event: 0 },
  bad: [],
  badCount: 0,
  holes: [],
  listed: null,
  last: new Map(),
};

function copyRows(source: Source, rows: RowTable, lastId: number): Copy {
  const saved = new Map<number, SavedRow>();
  const bad = new Map<number, Numbered | null>();
  const bytes = { sealed: 0, event: 0 };
  const last = new Map<string, { seq: number; hash: string }>();
  const take = (record: RowRecord) => {
    const row = fromRecord(record);
    if (!row) bad.set(record.id, plausible(record));
    if (!row || saved.has(row.id)) return;
    rows.insert(record);
    saved.set(row.id, withoutPayload(row));
    bytes[row.stream] += row.bytes;
    if (row.stream === "sealed" && row.seq > (last.get(row.epoch)?.seq ?? -1)) {
      last.set(row.epoch, { seq: row.seq, hash: messageHash(row.payload) });
    }
  };
  const holes = readRows(source, lastId, take);
  for (const id of saved.keys()) bad.delete(id);
  return {
    saved: [...saved.values()].sort((a, b) => a.id - b.id),
    bytes,
    bad: [...bad.values()].filter((row) => row !== null),
    badCount: bad.size,
    holes,
    listed: readIndex(source),
    last,
  };
}

function withoutPayload({ id, stream, epoch, seq, atMs, lengths }: StoredRow): SavedRow {
  return { id, stream, epoch, seq, atMs, lengths };
}

function plausible(record: RowRecord): Numbered | null {
  const { id, stream, epoch, seq } = record;
  return isStream(stream) && isPlausible(toLost(record)) ? { id, stream, epoch, seq } : null;
}

/** The numbers of all rows from the index, which lies on other pages than the rows; null when it is damaged too. */
function readIndex(source: Source): Numbered[] | null {
  const listed: Numbered[] = [];
  const sql = "SELECT id, stream, epoch, seq FROM rows INDEXED BY rows_number ORDER BY stream, epoch, seq";
  const whole = readSome<Numbered>(source, sql, (one) => listed.push(one));
  return whole ? listed : null;
}

function readOldState(source: Source): State | null {
  try {
    return readState(source);
  } catch {
    return null; // Then the ledger starts again, and what is missing is declared as not known.
  }
}

function readOldWalks(source: Source): Walks {
  try {
    return readWalks(source);
  } catch {
    return noWalks; // They begin again at none.
  }
}

/** Without the books ids are looked for a little beyond the highest that can be read. */
const BEYOND = 1000;

function highestId(source: Source, old: State | null, { lastId }: RebuildOptions): number {
  let highest = Math.max(lastId, old?.lastId ?? 0);
  const take = ({ id }: { id: number }) => {
    highest = Math.max(highest, id);
  };
  readSome(source, "SELECT max(id) AS id FROM rows INDEXED BY rows_number", take);
  readSome(source, "SELECT id FROM rows ORDER BY id DESC LIMIT 1", take);
  return old ? highest : highest + BEYOND;
}

/** Refusals and identity, as far as they can be read. */
function copyMemory(source: Source, target: Database.Database, refused: RefusedTable): void {
  type RefusedRecord = { epoch: string; seq: number; what: "same_number_other_bytes" | "window_not_later" };
  readSome<RefusedRecord>(
    source,
    "SELECT epoch, seq, what FROM refused ORDER BY id",
    ({ epoch, seq, what }) => {
      if (refused.find(epoch, seq) === undefined) refused.add(epoch, seq, what);
    },
  );
  const identity = "SELECT value FROM meta WHERE key = 'identity'";
  readSome<{ value: string }>(source, identity, ({ value }) => writeMeta(target, "identity", value));
}

/** What was remembered, completed from the rows: they may be newer than what could be read of the state. */
function newState(old: State | null, { saved, last }: Copy, options: RebuildOptions): State {
  const fresh = emptyState(randomEpoch(options.random));
  const state = old ? { ...old, eventEpoch: fresh.eventEpoch, nextEventSeq: 0 } : fresh;
  for (const { epoch, seq, hash } of [...last].map(([epoch, one]) => ({ epoch, ...one }))) {
    if (seq <= (state.kept.get(epoch)?.lastSeq ?? -1)) continue;
    remember(state, epoch, { lastSeq: seq, lastHash: hash });
    state.messageEpoch = epoch;
  }
  for (const { atMs, lengths } of saved) {
    for (const seconds of lengths) {
      if (atMs > (state.ends.get(seconds) ?? -1)) rememberEnd(state, seconds, atMs);
    }
  }
  state.lastId = Math.max(options.lastId, state.lastId, saved.at(-1)?.id ?? 0);
  return state;
}

/** Rows that are gone, counted; null when nobody can know. */
function missingRows(old: State | null, { saved }: Copy, { walDamaged }: RebuildOptions): number | null {
  return old && !walDamaged ? Math.max(0, old.ledger.queued - saved.length) : null;
}

function foundOf(copy: Copy, state: State, missing: number | null): Found {
  const lastSeqs = new Map([...state.kept].map(([epoch, { lastSeq }]) => [epoch, lastSeq ?? -1] as const));
  return { ...copy, lastSeqs, lastEnds: state.ends, missing };
}

function newLedger(old: State | null, { saved, bytes, badCount }: Copy, missing: number | null): Ledger {
  const { accepted = 0, rejected = 0, dropped: before = 0 } = old?.ledger ?? {};
  const queued = saved.length;
  const dropped = before + (missing ?? badCount);
  const appended = queued + accepted + rejected + dropped;
  return {
    appended,
    accepted,
    rejected,
    dropped,
    queued,
    sealedBytes: bytes.sealed,
    eventBytes: bytes.event,
  };
}
