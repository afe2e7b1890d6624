import type { Database, Statement } from "better-sqlite3";
import { z } from "zod";
import { TelpostError } from "../../base/errors.ts";
import type { Baseline } from "../../model.ts";
import { AS_IT_IS, type BoxLock } from "./box-key.ts";
import { type Kept, type Ledger, nothingKept, noWalks, type State } from "./state.ts";
import { writeWalks } from "./walks.ts";

export interface EpochRecord {
  readonly epoch: string;
  readonly last_seq: number | null;
  readonly last_hash: string | null;
  readonly last_event: number | null;
}

export interface StateRecord extends Omit<EpochRecord, "epoch"> {
  readonly last_id: number;
  readonly appended: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly dropped: number;
  readonly queued: number;
  readonly sealed_bytes: number;
  readonly event_bytes: number;
  readonly event_epoch: string;
  readonly event_seq: number;
  readonly message_epoch: string | null;
  readonly stopped_cleanly: number;
  readonly epoch: string | null;
  readonly ends: string;
  readonly baselines: string;
}

const STATE_COLUMNS =
  "last_id, appended, accepted, rejected, dropped, queued, sealed_bytes, event_bytes, event_epoch, event_seq, " +
  "message_epoch, stopped_cleanly, epoch, last_seq, last_hash, last_event, ends, baselines";
const EPOCH_COLUMNS = "epoch, last_seq, last_hash, last_event";

const endsText = z.array(z.tuple([z.int(), z.int()]));
const baselinesText = z.array(z.tuple([z.string(), z.int(), z.string()]));

/**
 * Reads what was committed but for the walk tests; null in a new database. Boxes that cannot be opened any more are left out.
 * @throws TelpostError outbox.damaged when it does not make sense
 */
export function readState(database: Database, boxes = AS_IT_IS): State | null {
  const record = database.prepare<[], StateRecord>(`SELECT ${STATE_COLUMNS} FROM state`).get();
  if (!record) return null;
  const state = toState(
    record,
    database.prepare<[], EpochRecord>(`SELECT ${EPOCH_COLUMNS} FROM epochs ORDER BY place`).all(),
  );
  const opened = [...state.baselines.values()].map((baseline) => boxes.unlock(baseline));
  const known = opened.filter((baseline) => baseline !== null);
  return { ...state, baselines: new Map(known.map((baseline) => [baseline.channel, baseline])) };
}

/** A state from its rows, without the walk tests; the epochs in the order of their use. */
export function toState(record: StateRecord, epochs: readonly EpochRecord[]): State {
  const current = record.epoch === null ? [] : [{ ...record, epoch: record.epoch }];
  const older = epochs.filter(({ epoch }) => epoch !== record.epoch);
  try {
    const baselines = baselinesText.parse(JSON.parse(record.baselines));
    return {
      lastId: record.last_id,
      ledger: toLedger(record),
      eventEpoch: record.event_epoch,
      nextEventSeq: record.event_seq,
      messageEpoch: record.message_epoch,
      stoppedCleanly: record.stopped_cleanly === 1,
      kept: new Map([...older, ...current].map((one) => [one.epoch, toKept(one)])),
      ends: new Map(endsText.parse(JSON.parse(record.ends))),
      baselines: new Map(baselines.map(([channel, endMs, box]) => [channel, { channel, endMs, box }])),
      walks: noWalks,
    };
  } catch (failure) {
    throw new TelpostError("outbox.damaged", "state", { cause: failure });
  }
}

function toLedger(record: StateRecord): Ledger {
  const { appended, accepted, rejected, dropped, queued, sealed_bytes, event_bytes } = record;
  return {
    appended,
    accepted,
    rejected,
    dropped,
    queued,
    sealedBytes: sealed_bytes,
    eventBytes: event_bytes,
  };
}

function toKept({ last_seq, last_hash, last_event }: EpochRecord): Kept {
  return { lastSeq: last_seq, lastHash: last_hash, lastEvent: last_event };
}

/** Writes states; only what changed. */
export class StateWriter {
  readonly #write: Statement<[StateRecord]>;
  readonly #writeEpoch: Statement<[EpochRecord & { readonly place: number }]>;
  readonly #forgetEpoch: Statement<[string]>;
  readonly #database: Database;
  readonly #boxes: BoxLock;
  /** Locked once for each change: most commits change none. */
  #locked = { plain: "", text: "" };

  constructor(database: Database, boxes = AS_IT_IS) {
    this.#database = database;
    this.#boxes = boxes;
    const values = STATE_COLUMNS.replaceAll(/\w+/g, (column) => `@${column}`);
    this.#write = database.prepare(
      `INSERT OR REPLACE INTO state (one, ${STATE_COLUMNS}) VALUES (1, ${values})`,
    );
    this.#writeEpoch = database.prepare(
      `INSERT OR REPLACE INTO epochs (${EPOCH_COLUMNS}, place) VALUES (@epoch, @last_seq, @last_hash, @last_event, @place)`,
    );
    this.#forgetEpoch = database.prepare("DELETE FROM epochs WHERE epoch = ?");
  }

  /** Within a transaction: writes what differs between the state before and after it. False when nothing does. */
  write(before: State | null, after: State): boolean {
    const record = toRecord(after);
    const walked = after.walks !== (before?.walks ?? noWalks);
    if (walked) writeWalks(this.#database, after.walks);
    if (before && !walked && JSON.stringify(toRecord(before)) === JSON.stringify(record)) return false;
    this.#write.run({ ...record, baselines: this.#lock(record.baselines, after) });
    const wasCurrent = before && lastKey(before.kept);
    let place = after.lastId * PLACES;
    for (const [epoch, kept] of after.kept) {
      place++;
      const known = before?.kept.get(epoch) === kept && epoch !== wasCurrent;
      if (!known && epoch !== record.epoch) this.#writeEpoch.run({ ...toEpochRecord(epoch, kept), place });
    }
    for (const epoch of before?.kept.keys() ?? []) if (!after.kept.has(epoch)) this.#forgetEpoch.run(epoch);
    return true;
  }

  #lock(plain: string, { baselines }: State): string {
    if (this.#locked.plain !== plain) {
      const locked = [...baselines.values()].map((baseline) => this.#boxes.lock(baseline));
      this.#locked = { plain, text: textOf(locked) };
    }
    return this.#locked.text;
  }
}

/** The order of use of epochs is the order of `place`: room for all of them between two row ids. */
const PLACES = 128;

function toRecord(state: State): StateRecord {
  const { ledger, kept, ends, baselines } = state;
  const { sealedBytes, eventBytes, ...counts } = ledger;
  const epoch = lastKey(kept);
  const current = (epoch !== null && kept.get(epoch)) || nothingKept;
  return {
    ...counts,
    sealed_bytes: sealedBytes,
    event_bytes: eventBytes,
    last_id: state.lastId,
    event_epoch: state.eventEpoch,
    event_seq: state.nextEventSeq,
    message_epoch: state.messageEpoch,
    stopped_cleanly: state.stoppedCleanly ? 1 : 0,
    ...toEpochRecord("", current),
    epoch,
    ends: JSON.stringify([...ends]),
    baselines: textOf([...baselines.values()]),
  };
}

function textOf(baselines: readonly Baseline[]): string {
  return JSON.stringify(baselines.map(({ channel, endMs, box }) => [channel, endMs, box]));
}

function toEpochRecord(epoch: string, { lastSeq, lastHash, lastEvent }: Kept): EpochRecord {
  return { epoch, last_seq: lastSeq, last_hash: lastHash, last_event: lastEvent };
}

function lastKey(kept: ReadonlyMap<string, Kept>): string | null {
  return [...kept.keys()].at(-1) ?? null;
}
