import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Row, Stream } from "../ports.ts";
import type { LostRow } from "./gaps.ts";
import { pack, unpack } from "./packed.ts";

/** A row as it is stored. */
export interface StoredRow extends Row {
  /** Window lengths (seconds) that end with it; none for an event. */
  readonly lengths: readonly number[];
  /** What it counts for in the quota. */
  readonly bytes: number;
}

/** A row before it is stored. */
export type NewRow = Omit<StoredRow, "bytes">;

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
  /** As `pack` makes it. */
  readonly payload: Buffer;
}

export const ROW_COLUMNS = "id, stream, topic, epoch, seq, at, lengths, bytes, checksum, payload";

/** Numbers, epoch, index entry and cell headers of a row, about. */
const ROW_OVERHEAD_BYTES = 128;

/** Size of a row for the quota: what is stored, and overhead. The file may reach twice that, because pages are filled unevenly. */
export function rowBytes(topic: string, payload: Uint8Array): number {
  return Buffer.byteLength(topic) + payload.length + ROW_OVERHEAD_BYTES;
}

export function toRecord({ id, stream, topic, epoch, seq, atMs, lengths, ...row }: NewRow): RowRecord {
  const payload = pack(row.payload);
  const bytes = rowBytes(topic, payload);
  const record = { id, stream, topic, epoch, seq, at: atMs, lengths: lengths.join(","), bytes, payload };
  return { ...record, checksum: checksum(record) };
}

/** The row of a record, or null when a bit of it has changed: neither SQLite nor its integrity check notices that. */
export function fromRecord(record: RowRecord): StoredRow | null {
  const { id, stream, topic, epoch, seq, at, lengths, bytes, payload } = record;
  // On a damaged page a column may come back as anything.
  if (!Buffer.isBuffer(payload) || record.checksum !== checksum(record) || !isStream(stream)) return null;
  const numbers = { id, stream, topic, epoch, seq, atMs: at, lengths: lengthsOf(lengths), bytes };
  return { ...numbers, payload: unpack(payload) };
}

/** CRC-32 over all fields. */
function checksum(record: Omit<RowRecord, "checksum">): number {
  const { id, stream, topic, epoch, seq, at, lengths, bytes, payload } = record;
  return crc32(payload, crc32(JSON.stringify([id, stream, topic, epoch, seq, at, lengths, bytes])));
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
