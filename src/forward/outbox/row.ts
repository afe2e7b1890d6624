import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Row, Stream } from "../ports.ts";
import type { LostRow } from "./gaps.ts";

/** A row as it is stored. */
export interface StoredRow extends Row {
  /** Window lengths (seconds) that end with it; none for an event. */
  readonly lengths: readonly number[];
  /** What it counts for in the quota. */
  readonly bytes: number;
}

/** As it stands in the table. */
export interface RowRecord {
  readonly id: number;
  readonly stream: string;
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  readonly at: number;
  readonly lengths: string;
  readonly bytes: number;
  readonly checksum: number;
  readonly payload: string;
}

export const ROW_COLUMNS = "id, stream, topic, epoch, seq, at, lengths, bytes, checksum, payload";

/** Numbers, epoch, index entry and cell headers of a row, about. */
const ROW_OVERHEAD_BYTES = 128;

/** Size of a row for the quota: text and overhead. The file may reach twice that, because pages are filled unevenly. */
export function rowBytes(topic: string, payload: string): number {
  return Buffer.byteLength(topic) + Buffer.byteLength(payload) + ROW_OVERHEAD_BYTES;
}

export function toRecord(row: StoredRow): RowRecord {
  const { atMs, ...rest } = row;
  const record = { ...rest, at: atMs, lengths: row.lengths.join(",") };
  return { ...record, checksum: checksum(record) };
}

/** The row of a record, or null when a bit of it has changed: neither SQLite nor its integrity check notices that. */
export function fromRecord(record: RowRecord): StoredRow | null {
  if (record.checksum !== checksum(record) || !isStream(record.stream)) return null;
  return { ...numbersOf(record), stream: record.stream };
}

/** CRC-32 over all fields. */
function checksum(record: Omit<RowRecord, "checksum">): number {
  const { id, stream, topic, epoch, seq, at, lengths, bytes, payload } = record;
  return crc32(JSON.stringify([id, stream, topic, epoch, seq, at, lengths, bytes, payload]));
}

/** The numbers of a row, as they stand there. */
export function toLost({
  epoch,
  seq,
  at,
  lengths,
}: Pick<RowRecord, "epoch" | "seq" | "at" | "lengths">): LostRow {
  return { epoch, seq, atMs: at, lengths: lengthsOf(lengths) };
}

function numbersOf({
  id,
  topic,
  epoch,
  seq,
  at,
  lengths,
  bytes,
  payload,
}: RowRecord): Omit<StoredRow, "stream"> {
  return { id, topic, epoch, seq, atMs: at, lengths: lengthsOf(lengths), bytes, payload };
}

function lengthsOf(text: string): number[] {
  return text === "" ? [] : text.split(",").map(Number);
}

export function isStream(text: string): text is Stream {
  return text === "sealed" || text === "event";
}

/** What stays known of a message after its row has gone: SHA-256 of the sealed bytes. */
export function messageHash(jws: string): string {
  return createHash("sha256").update(jws).digest("base64url");
}
