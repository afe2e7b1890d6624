import Database from "better-sqlite3";
import { TelpostError } from "../../base/errors.ts";
import { isReadOnly, sqliteCode } from "./failures.ts";

/** Held as long as this process may write. */
export interface WriterLock {
  release(): void;
}

/**
 * Takes the writer lock of an outbox: an EXCLUSIVE transaction, never written to, on the empty database `<file>.lock`.
 * SQLite's own exclusive locking mode would also keep out the readers of the CLI; a file with a process id would
 * outlive a crash. The kernel drops this lock when the process ends in any way.
 * @throws TelpostError outbox.locked when another process writes, outbox.read_only or outbox.unusable when the folder cannot be used
 */
export function takeWriterLock(file: string): WriterLock {
  let database: Database.Database | undefined;
  try {
    database = new Database(`${file}.lock`, { timeout: 0 });
    database.pragma("journal_mode = MEMORY"); // No journal file beside it.
    database.exec("BEGIN EXCLUSIVE");
  } catch (failure) {
    database?.close();
    const busy = sqliteCode(failure)?.startsWith("SQLITE_BUSY");
    const detail = failure instanceof Error ? failure.message : String(failure);
    const otherwise = isReadOnly(file) ? "outbox.read_only" : "outbox.unusable";
    throw new TelpostError(busy ? "outbox.locked" : otherwise, detail, { cause: failure });
  }
  const held = database;
  return { release: () => held.close() };
}
