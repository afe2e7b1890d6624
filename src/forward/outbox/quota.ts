/** What has to go when the outbox holds too much or too old. Pure. */

export interface Quota {
  /** All rows together, as `rowBytes` counts them. */
  readonly maxBytes: number;
  /** Age of a sealed row after which it is dropped, milliseconds. */
  readonly maxAgeMs: number;
}

/** A row as the quota sees it. */
export interface RowHead {
  readonly id: number;
  readonly epoch: string;
  readonly seq: number;
  readonly atMs: number;
  readonly lengths: readonly number[];
  readonly bytes: number;
}

export interface Held {
  readonly sealedBytes: number;
  readonly eventBytes: number;
}

/** Sealed rows never fill the last 16th: it is the reserve for events, which say what was dropped. */
const RESERVE = 1 / 16;
/** Once over the limit a 64th more goes, so that one event declares many rows instead of each commit declaring one. */
const SLACK = 1 / 64;
/** Events outlive the rows they are about. */
const EVENT_AGE = 2;

/** Bytes of sealed and of event rows that have to go. Event rows go last: only when they alone are too many. */
export function bytesToFree(
  { maxBytes }: Quota,
  held: Held,
): { readonly sealed: number; readonly event: number } {
  const slack = Math.floor(maxBytes * SLACK);
  const sealedLimit = maxBytes - Math.floor(maxBytes * RESERVE);
  const over = Math.max(held.sealedBytes - sealedLimit, held.sealedBytes + held.eventBytes - maxBytes);
  const eventsOver = held.eventBytes - maxBytes;
  return { sealed: over > 0 ? over + slack : 0, event: eventsOver > 0 ? eventsOver + slack : 0 };
}

/** Room that a commit on a full disk must find in the file: twice what it adds, because pages are filled unevenly, and this. */
const SPARE_BYTES = 64 * 1024;

/** Bytes of rows to drop on a full disk, before `adding` bytes are added where `freeBytes` can be written. */
export function bytesToDrop(freeBytes: number, adding: number): number {
  const short = 2 * adding + SPARE_BYTES - freeBytes;
  return short > 0 ? short + SPARE_BYTES : 0;
}

/** Rows made before this instant are too old. */
export function oldestAllowed(
  { maxAgeMs }: Quota,
  nowMs: number,
): { readonly sealed: number; readonly event: number } {
  return { sealed: nowMs - maxAgeMs, event: nowMs - EVENT_AGE * maxAgeMs };
}

/** The first of `rows` (oldest first) that together hold `bytes`, or all of them. */
export function takeBytes(rows: Iterable<RowHead>, bytes: number): RowHead[] {
  const taken: RowHead[] = [];
  let freed = 0;
  if (bytes <= 0) return taken;
  for (const row of rows) {
    taken.push(row);
    freed += row.bytes;
    if (freed >= bytes) break;
  }
  return taken;
}

/** The first of `rows` (oldest first) that were made before `beforeMs`. */
export function takeOlder(rows: Iterable<RowHead>, beforeMs: number): RowHead[] {
  const taken: RowHead[] = [];
  for (const row of rows) {
    if (row.atMs >= beforeMs) break;
    taken.push(row);
  }
  return taken;
}
