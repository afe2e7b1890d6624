import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { type ErrorCode, TelpostError } from "../../base/errors.ts";

/** What SQLite's result codes mean to the gateway (https://www.sqlite.org/rescode.html). The longest prefix counts. */
const CODES: readonly (readonly [prefix: string, code: ErrorCode])[] = [
  ["SQLITE_FULL", "outbox.full"],
  ["SQLITE_CORRUPT", "outbox.damaged"],
  ["SQLITE_NOTADB", "outbox.damaged"],
  ["SQLITE_IOERR", "outbox.write_failed"],
  ["SQLITE_READONLY", "outbox.read_only"],
  ["SQLITE_BUSY", "outbox.locked"],
  ["SQLITE_LOCKED", "outbox.locked"],
];

/** The SQLite result code of a failure, or undefined when it is none. */
export function sqliteCode(failure: unknown): string | undefined {
  return failure instanceof Database.SqliteError ? failure.code : undefined;
}

/** A failure of SQLite as an expected failure; anything else is a defect of the program and passes unchanged. */
export function storageError(failure: unknown, otherwise: ErrorCode = "outbox.write_failed"): unknown {
  const sqlite = sqliteCode(failure);
  if (sqlite === undefined) return failure;
  const code = CODES.find(([prefix]) => sqlite.startsWith(prefix))?.[1] ?? otherwise;
  return new TelpostError(code, sqlite, { cause: failure });
}

/** True when the file system is mounted read-only: SQLite tells that as a failed write (EROFS, access(2)). */
export function isReadOnly(file: string): boolean {
  try {
    accessSync(dirname(file), constants.W_OK);
    return false;
  } catch (failure) {
    return (failure as NodeJS.ErrnoException).code === "EROFS";
  }
}

/** True when the file itself is broken, so that it must be set aside and salvaged. */
export function isDamage(failure: unknown): boolean {
  if (failure instanceof TelpostError) return failure.code === "outbox.damaged";
  const code = sqliteCode(failure);
  return code !== undefined && /^SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ)/.test(code);
}

/**
 * True when the connection can no longer be trusted. After a failed fsync nobody knows which pages reached the disk,
 * and the kernel may show pages that it has not written (Rebello et al., "Can Applications Recover from fsync
 * Failures?", USENIX ATC 2020), so the database is closed, opened again and checked.
 */
export function needsReopen(failure: unknown): boolean {
  return (
    isDamage(failure) ||
    /^SQLITE_(IOERR_(FSYNC|DIR_FSYNC|SHM|TRUNCATE)|PROTOCOL)/.test(sqliteCode(failure) ?? "")
  );
}

/** Does what may as well be done later: while the storage is in trouble it is left alone. */
export function unlessItFails(work: () => void): void {
  try {
    work();
  } catch (failure) {
    if (!(failure instanceof TelpostError)) throw failure;
  }
}
