import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { TelpostError } from "../../../src/base/errors.ts";
import { isDamage, needsReopen, storageError } from "../../../src/forward/outbox/failures.ts";

const failure = (code: string) => new Database.SqliteError("", code);

test("after a failed fsync or on damage the connection is given up, after a failed write it is not", () => {
  const codes = [
    "SQLITE_IOERR_FSYNC",
    "SQLITE_CORRUPT",
    "SQLITE_NOTADB",
    "SQLITE_IOERR_WRITE",
    "SQLITE_FULL",
  ];
  expect(codes.filter((code) => needsReopen(failure(code)))).toEqual(codes.slice(0, 3));
  expect(needsReopen(new TelpostError("outbox.damaged"))).toBe(true);
});

test.each([
  ["SQLITE_FULL", "outbox.full"],
  ["SQLITE_IOERR_FSYNC", "outbox.write_failed"],
  ["SQLITE_READONLY_DBMOVED", "outbox.read_only"],
  ["SQLITE_CORRUPT_INDEX", "outbox.damaged"],
  ["SQLITE_NOTADB", "outbox.damaged"],
  ["SQLITE_BUSY", "outbox.locked"],
  ["SQLITE_CANTOPEN", "outbox.write_failed"],
])("%s is told as %s", (sqlite, code) => {
  expect(storageError(failure(sqlite))).toMatchObject({ code, kind: "storage" });
});

test("a failure that is none of SQLite's passes as it is", () => {
  const defect = new TypeError("defect");
  expect(storageError(defect)).toBe(defect);
  expect(isDamage(defect)).toBe(false);
});
