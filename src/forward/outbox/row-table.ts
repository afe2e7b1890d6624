import type { Database, Statement } from "better-sqlite3";
import type { Stream } from "../ports.ts";
import type { RowHead } from "./quota.ts";
import { fromRecord, ROW_COLUMNS, type RowRecord, type StoredRow, toLost } from "./row.ts";

/** What leaves the table when a row goes: enough to keep the books. */
export interface RemovedRow {
  readonly stream: string;
  readonly bytes: number;
}

type HeadRecord = Pick<RowRecord, "id" | "epoch" | "seq" | "at" | "lengths" | "bytes">;
const HEAD = "id, epoch, seq, at, lengths, bytes";

/** Most rows dropped in one commit: bounds memory when the clock jumps ahead. The next commit drops the rest. */
export const MAX_DROP = 4096;

/** All statements on the table of rows. */
export class RowTable {
  readonly #insert: Statement<[RowRecord]>;
  readonly #remove: Statement<[number], RemovedRow>;
  readonly #page: Statement<[number, number, number], RowRecord>;
  readonly #byNumber: Statement<[Stream, string, number], RowRecord>;
  readonly #inRange: Statement<[Stream, string, number, number, number], { id: number; bytes: number }>;
  readonly #head: Statement<[number], HeadRecord>;
  readonly #sealed: Statement<[number], HeadRecord>;
  readonly #firstSealed: Statement<[number], { id: number }>;
  readonly #newest: Statement<[number], HeadRecord>;
  readonly #events: Statement<[number], HeadRecord>;
  readonly #oldest: Statement<[number], { id: number; at: number }>;

  constructor(database: Database) {
    const values = ROW_COLUMNS.replaceAll(/\w+/g, (column) => `@${column}`);
    this.#insert = database.prepare(`INSERT INTO rows (${ROW_COLUMNS}) VALUES (${values})`);
    this.#remove = database.prepare("DELETE FROM rows WHERE id = ? RETURNING stream, bytes");
    this.#page = database.prepare(
      `SELECT ${ROW_COLUMNS} FROM rows WHERE id > ? AND id <= ? ORDER BY id LIMIT ?`,
    );
    this.#byNumber = database.prepare(
      `SELECT ${ROW_COLUMNS} FROM rows WHERE stream = ? AND epoch = ? AND seq = ?`,
    );
    this.#inRange = database.prepare(
      "SELECT id, bytes FROM rows WHERE stream = ? AND epoch = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?",
    );
    this.#head = database.prepare(`SELECT ${HEAD} FROM rows WHERE id = ?`);
    // The + keeps SQLite from reading the index of numbers and sorting all rows: they already lie in the order of id.
    this.#sealed = database.prepare(
      `SELECT ${HEAD} FROM rows WHERE id > ? AND +stream = 'sealed' ORDER BY id LIMIT ${MAX_DROP}`,
    );
    this.#firstSealed = database.prepare(
      "SELECT id FROM rows WHERE id > ? AND +stream = 'sealed' ORDER BY id LIMIT 1",
    );
    this.#newest = database.prepare(
      `SELECT ${HEAD} FROM rows WHERE +stream = 'sealed' ORDER BY id DESC LIMIT ?`,
    );
    this.#events = database.prepare(
      `SELECT ${HEAD} FROM rows WHERE stream = 'event' AND at < ? ORDER BY at, id LIMIT ${MAX_DROP}`,
    );
    this.#oldest = database.prepare("SELECT id, at FROM rows WHERE id > ? ORDER BY id LIMIT 1");
  }

  insert(record: RowRecord): void {
    this.#insert.run(record);
  }

  /** Undefined when the row has gone before. */
  remove(id: number): RemovedRow | undefined {
    return this.#remove.get(id);
  }

  /** Rows with afterId < id <= upToId, oldest first. A row that fails its checksum comes as its id. */
  page(afterId: number, upToId: number, limit: number): (StoredRow | number)[] {
    return this.#page.all(afterId, upToId, limit).map((record) => fromRecord(record) ?? record.id);
  }

  /** The row with this number: undefined when there is none, null when it fails its checksum. */
  byNumber(stream: Stream, epoch: string, seq: number): StoredRow | null | undefined {
    const record = this.#byNumber.get(stream, epoch, seq);
    return record && fromRecord(record);
  }

  /** Rows with from <= seq <= to, at most `limit`. */
  inRange(stream: Stream, epoch: string, range: readonly [number, number], limit: number) {
    return this.#inRange.all(stream, epoch, range[0], range[1], limit);
  }

  /** The numbers of a row, not checked; undefined when it has gone. */
  head(id: number): RowHead | undefined {
    const record = this.#head.get(id);
    return record && toHead(record);
  }

  /** Sealed rows behind `afterId`, oldest first. Not to be mixed with writes. */
  *sealed(afterId: number): Generator<RowHead> {
    for (const record of this.#sealed.iterate(afterId)) yield toHead(record);
  }

  /** An id behind which no sealed row is missed: one below the first of them behind `afterId`; undefined when there is none. */
  beforeSealed(afterId: number): number | undefined {
    const first = this.#firstSealed.get(afterId);
    return first && first.id - 1;
  }

  /** The numbers of the newest sealed rows, oldest first; not checked. */
  newestSealed(limit: number): RowHead[] {
    return this.#newest.all(limit).reverse().map(toHead);
  }

  /** Events that happened before `beforeMs`, oldest first. Not to be mixed with writes. */
  *events(beforeMs: number): Generator<RowHead> {
    for (const record of this.#events.iterate(beforeMs)) yield toHead(record);
  }

  /** The row next behind `afterId`. */
  next(afterId: number): { readonly id: number; readonly at: number } | undefined {
    return this.#oldest.get(afterId);
  }
}

function toHead(record: HeadRecord): RowHead {
  return { id: record.id, bytes: record.bytes, ...toLost(record) };
}
