import { existsSync, readFileSync, statSync } from "node:fs";

/**
 * Tells a WAL that lost commits from one that merely ends in an unfinished one. SQLite cannot: it takes the frames up to
 * the first bad one and silently forgets the rest. Format: https://www.sqlite.org/fileformat2.html#walformat
 */

const HEADER = 32;
const FRAME_HEADER = 24;
const MAGIC = 0x377f0682;

type Sums = readonly [number, number];

/**
 * True when the database is gone or has no byte left although there was one: an interrupted file system leaves such
 * files. SQLite takes that for a new database and deletes its WAL, so it must not be opened then.
 */
export function isEmptied(file: string): boolean {
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  return (
    size === 0 || (size === undefined && (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0)
  );
}

/**
 * True when the WAL has no valid header, or holds at least two commits behind its first bad frame. Every commit reaches
 * the disk before the next begins, so a power cut can spoil the last commit only.
 */
export function isWalDamaged(file: string): boolean {
  const path = `${file}-wal`;
  if (!existsSync(path)) return false;
  const wal = readFileSync(path);
  if (wal.length < HEADER) return false;
  const magic = wal.readUInt32BE(0);
  const big = magic === MAGIC + 1;
  const sums = checksum(wal.subarray(0, 24), [0, 0], big);
  if ((magic !== MAGIC && !big) || !storedAt(wal, 24, sums)) return true;
  return commitsBehindFirstBad(wal, big, sums) >= 2;
}

function commitsBehindFirstBad(wal: Buffer, big: boolean, start: Sums): number {
  const frame = FRAME_HEADER + wal.readUInt32BE(8);
  const salt = wal.subarray(16, 24);
  let sums = start;
  let bad = false;
  let commits = 0;
  for (let at = HEADER; at + frame <= wal.length; at += frame) {
    // Frames of an older round carry another salt: there the log ends.
    const ours = wal.subarray(at + 8, at + 16).equals(salt);
    if (!bad) {
      sums = checksum(wal.subarray(at, at + 8), sums, big);
      sums = checksum(wal.subarray(at + FRAME_HEADER, at + frame), sums, big);
      bad = !ours || !storedAt(wal, at + 16, sums);
    } else if (ours && wal.readUInt32BE(at + 4) !== 0) commits++;
  }
  return commits;
}

function storedAt(wal: Buffer, at: number, [one, two]: Sums): boolean {
  return wal.readUInt32BE(at) === one && wal.readUInt32BE(at + 4) === two;
}

/** Section 4.2 of the format: two running sums over 32-bit words, their byte order named by the magic number. */
function checksum(bytes: Buffer, [first, second]: Sums, big: boolean): Sums {
  let one = first;
  let two = second;
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    one = (one + (big ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + two) >>> 0;
    two = (two + (big ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + one) >>> 0;
  }
  return [one, two];
}
