import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { TelpostError } from "../../base/errors.ts";
import { storageError } from "./failures.ts";

/** Waiting for a lock holds up the process: only the short locks of a reader that opens or closes are waited for. */
const BUSY_TIMEOUT_MS = 1000;

/**
 * Bytes of a page. A commit writes whole pages, and most of what it changes is small: with pages of 1 KiB a day of ten
 * sensors writes half of what it writes with the default of 4 KiB (docs/bench.md).
 */
export const PAGE_BYTES = 1024;
/** The WAL is moved into the database when it holds this many pages: 4 MiB. */
const WAL_PAGES = (4 * 2 ** 20) / PAGE_BYTES;

/**
 * Settings of every connection that writes, with what must be read back. better-sqlite3 is compiled so that
 * journal_mode = WAL makes synchronous NORMAL, which loses commits at a power cut: FULL is set after it, by name.
 * The WAL is overwritten in place (no size limit), which halves the bytes written against truncating it.
 */
const PRAGMAS: readonly (readonly [name: string, set: string, read: string | number])[] = [
  // Counts for a new file only, and only before it is in WAL mode.
  ["page_size", String(PAGE_BYTES), PAGE_BYTES],
  ["journal_mode", "WAL", "wal"],
  ["synchronous", "FULL", 2],
  ["journal_size_limit", "-1", -1],
  ["wal_autocheckpoint", String(WAL_PAGES), WAL_PAGES],
  ["cache_size", "-1000", -1000],
  ["secure_delete", "ON", 1],
  ["foreign_keys", "ON", 1],
  ["cell_size_check", "ON", 1],
  ["trusted_schema", "OFF", 0],
];

/** Two pages for the bytes of one, because rows fill pages unevenly, and 16 MiB for everything that is not a row. */
const SPARE_PAGES = 2 ** 24 / PAGE_BYTES;
const PAGES_PER_BYTE = 2 / PAGE_BYTES;

/**
 * Opens the database for writing and sets it up. The file cannot outgrow about twice the quota, whatever is appended
 * at once: the limit is not kept in the file and is set on each connection.
 * @throws TelpostError outbox.unusable when it cannot be opened or a setting did not take, outbox.damaged when it is no database
 */
export function openDatabase(file: string, maxBytes: number): Database.Database {
  const database = connect(file);
  try {
    for (const [name, set] of PRAGMAS) database.pragma(`${name} = ${set}`);
    database.pragma(`max_page_count = ${Math.ceil(maxBytes * PAGES_PER_BYTE) + SPARE_PAGES}`);
    for (const [name, , expected] of PRAGMAS) {
      const found = database.pragma(name, { simple: true });
      if (found !== expected)
        throw new TelpostError("outbox.unusable", `${name} is ${found}, not ${expected}`);
    }
    return database;
  } catch (failure) {
    closeQuietly(database);
    throw storageError(failure, "outbox.unusable");
  }
}

function connect(file: string): Database.Database {
  try {
    return new Database(file, { timeout: BUSY_TIMEOUT_MS });
  } catch (failure) {
    const detail = failure instanceof Error ? failure.message : String(failure);
    throw new TelpostError("outbox.unusable", detail, { cause: failure });
  }
}

/** Reads the whole file. @throws TelpostError outbox.damaged when the structure is broken */
export function quickCheck(database: Database.Database): void {
  try {
    const found = database.pragma("quick_check(1)", { simple: true });
    if (found !== "ok") throw new TelpostError("outbox.damaged", "quick_check");
  } catch (failure) {
    throw storageError(failure);
  }
}

interface Checkpoint {
  readonly busy: number;
  /** Frames in the WAL, and how many of them are in the database now. */
  readonly log: number;
  readonly checkpointed: number;
}

function checkpoint(database: Database.Database): Checkpoint {
  return (
    (database.pragma("wal_checkpoint(TRUNCATE)") as Checkpoint[])[0] ?? { busy: 1, log: 1, checkpointed: 0 }
  );
}

/** Moves the WAL into the database and truncates it. False when a reader held it up. */
export function truncateWal(database: Database.Database): boolean {
  return checkpoint(database).busy === 0;
}

/**
 * Makes sure that what was read is on the disk. Recovery takes every whole commit that it finds in the WAL, also one
 * whose fsync failed, or never came because the process was killed: it may be in the kernel's memory only. A checkpoint
 * writes it to the database anew and syncs that; a second fsync of the WAL alone could report success without writing.
 * @throws TelpostError outbox.locked when a reader is in the way
 */
export function makeDurable(database: Database.Database): void {
  const { busy, log, checkpointed } = checkpoint(database);
  if (busy !== 0 && checkpointed < log)
    throw new TelpostError("outbox.locked", "a reader holds up the checkpoint");
}

/** Bytes that can be written without making the file longer. */
export function freeBytes(database: Database.Database): number {
  return Number(database.pragma("freelist_count", { simple: true })) * PAGE_BYTES;
}

/** Closes a connection that has failed already: the first failure is the one to tell. */
export function closeQuietly(database: Database.Database): void {
  try {
    database.close();
  } catch {
    // The handle is gone either way.
  }
}

/** The three files of a database in WAL mode. */
export const SIDE_FILES = ["", "-wal", "-shm"] as const;

/** The first name `<file>.damaged-<n>` that is free for the files of the set that are still in place. */
export function freeDamagedName(file: string): string {
  for (let n = 1; ; n++) {
    const name = `${file}.damaged-${n}`;
    const taken = SIDE_FILES.some(
      (side) => existsSync(name + side) && (side === "" || existsSync(file + side)),
    );
    if (!taken) return name;
  }
}
