import type { Database } from "better-sqlite3";
import { TelpostError } from "../../base/errors.ts";

/** Another major version means: this program cannot read the file. Kept in `meta`. */
export const FORMAT_MAJOR = 1;

/** Says in the header whose file it is: "telp" (https://www.sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x74656c70;

/**
 * Numbered steps; `user_version` is the number of the last one. A step only adds (tables, or columns with a default),
 * and no statement reads `*`, so release N-1 works on the database of release N.
 *
 * `state` is one row, so that what changes with every commit shares one page: counters of rows, the kept numbers of the
 * epoch in use, last window ends and baselines. `epochs` holds the kept numbers of the other epochs.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE rows (
    id INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    topic TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    lengths TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    payload BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX rows_number ON rows (stream, epoch, seq);
  CREATE INDEX rows_event_at ON rows (at) WHERE stream = 'event';
  CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    last_id INTEGER NOT NULL,
    appended INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    dropped INTEGER NOT NULL,
    queued INTEGER NOT NULL,
    sealed_bytes INTEGER NOT NULL,
    event_bytes INTEGER NOT NULL,
    event_epoch TEXT NOT NULL,
    event_seq INTEGER NOT NULL,
    message_epoch TEXT,
    stopped_cleanly INTEGER NOT NULL,
    epoch TEXT,
    last_seq INTEGER,
    last_hash TEXT,
    last_event INTEGER,
    ends TEXT NOT NULL,
    baselines TEXT NOT NULL
  ) STRICT;
  CREATE TABLE epochs (
    epoch TEXT PRIMARY KEY,
    last_seq INTEGER,
    last_hash TEXT,
    last_event INTEGER,
    place INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE refused (
    id INTEGER PRIMARY KEY,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    what TEXT NOT NULL,
    UNIQUE (epoch, seq)
  ) STRICT;
  `,
];

/** Number of the newest step this program knows. */
export const FORMAT_MINOR = MIGRATIONS.length;

export function schemaVersion(database: Database): number {
  return Number(database.pragma("user_version", { simple: true }));
}

/**
 * Refuses a database of another major version; one that is another program's, or has lost its mark, is to be set aside.
 * @throws TelpostError outbox.newer, outbox.damaged
 */
export function checkMajor(database: Database): void {
  const isNew = database.prepare("SELECT 1 FROM sqlite_schema").get() === undefined;
  if (!isNew && database.pragma("application_id", { simple: true }) !== APPLICATION_ID)
    throw new TelpostError("outbox.damaged", "application_id");
  const known = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get();
  if (!known) return;
  const major = readMeta(database, "major");
  if (major !== undefined && major !== String(FORMAT_MAJOR)) {
    throw new TelpostError("outbox.newer", `its major version is ${major}, this program's ${FORMAT_MAJOR}`);
  }
}

/** Applies the steps that are missing, each in a transaction of its own; a newer minor version stays as it is. Returns how many. */
export function migrate(database: Database, steps = MIGRATIONS): number {
  const from = schemaVersion(database);
  steps.slice(from).forEach((step, index) => {
    database.transaction(() => {
      database.exec(step);
      database.pragma(`user_version = ${from + index + 1}`);
      database.pragma(`application_id = ${APPLICATION_ID}`);
      writeMeta(database, "major", String(FORMAT_MAJOR));
    })();
  });
  return Math.max(0, steps.length - from);
}

export function readMeta(database: Database, key: string): string | undefined {
  return database.prepare<[string], string>("SELECT value FROM meta WHERE key = ?").pluck().get(key);
}

export function writeMeta(database: Database, key: string, value: string): void {
  database
    .prepare(
      "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )
    .run(key, value);
}
