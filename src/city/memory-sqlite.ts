import Database from "better-sqlite3";
import { TelpostError } from "../base/errors.ts";
import type { GapState } from "./gaps.ts";
import type { Mark, Memory, MessageKey, WindowMark } from "./memory.ts";

/**
 * One row a message: 16 bytes of hash, and 16 bytes for each record, so that a year of one gateway with ten sensors
 * and one-minute windows is about 130 MB. Every window of a message ends at its closing instant, so the index on
 * (gateway, end) finds any window that was seen before.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS gateway (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, gaps TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS message (
    gateway INTEGER NOT NULL REFERENCES gateway, stream INTEGER NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
    end_ms INTEGER NOT NULL, marked_ms INTEGER NOT NULL,
    hash BLOB NOT NULL, windows BLOB NOT NULL,
    PRIMARY KEY (gateway, stream, epoch, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS message_end ON message (gateway, end_ms);
  CREATE INDEX IF NOT EXISTS message_marked ON message (marked_ms);
`;
const VERSION = 1;
const MARK_BYTES = 16;
const FORGET_AT_ONCE = 10_000;

interface Statements {
  readonly hash: Database.Statement;
  readonly windows: Database.Statement;
  readonly gaps: Database.Statement;
  readonly keepGaps: Database.Statement;
  readonly mark: Database.Statement;
  readonly forget: Database.Statement;
}

/** The memory in a SQLite file. WAL with synchronous=FULL: what was marked stays marked after a power cut. */
export class SqliteMemory implements Memory {
  readonly #database: Database.Database;
  readonly #sql: Statements;
  readonly #remember: (gateway: string, mark: Mark | null, gaps: GapState) => void;

  /** @throws TelpostError receive.memory when the file cannot be opened, is damaged or belongs to a newer release. */
  constructor(file: string) {
    this.#database = open(file);
    this.#sql = prepare(this.#database);
    this.#remember = this.#database.transaction((gateway: string, mark: Mark | null, gaps: GapState) => {
      this.#sql.keepGaps.run(gateway, JSON.stringify(gaps));
      if (!mark) return;
      const { stream, epoch, seq, endMs, markedMs, hash, windows } = mark;
      const bytes = Buffer.from(hash, "hex");
      this.#sql.mark.run(gateway, streamId(stream), epoch, seq, endMs, markedMs, bytes, pack(windows));
    });
  }

  hashOf({ stream, gateway, epoch, seq }: MessageKey): string | null {
    const row = this.#sql.hash.get(gateway, streamId(stream), epoch, seq) as { hash: Buffer } | undefined;
    return row?.hash.toString("hex") ?? null;
  }

  windowsAt(gateway: string, endMs: number): ReadonlyMap<string, string> {
    const rows = this.#sql.windows.all(gateway, endMs) as { windows: Buffer }[];
    return new Map(rows.flatMap(({ windows }) => unpack(windows)));
  }

  gaps(gateway: string): GapState | null {
    const row = this.#sql.gaps.get(gateway) as { gaps: string | null } | undefined;
    return row?.gaps ? (JSON.parse(row.gaps) as GapState) : null;
  }

  remember(gateway: string, mark: Mark | null, gaps: GapState): void {
    this.#remember(gateway, mark, gaps);
  }

  forgetBefore(markedMs: number): number {
    return this.#sql.forget.run(markedMs, FORGET_AT_ONCE).changes;
  }

  close(): void {
    this.#database.close();
  }
}

function open(file: string): Database.Database {
  let database: Database.Database | undefined;
  try {
    database = new Database(file);
    // One reader for one memory: a second one would hand on what the first has marked.
    database.pragma("locking_mode = EXCLUSIVE");
    database.pragma("journal_mode = WAL");
    // better-sqlite3 is compiled so that WAL means synchronous=NORMAL; it must be raised after switching.
    database.pragma("synchronous = FULL");
    const version = Number(database.pragma("user_version", { simple: true }));
    if (version > VERSION) throw new TelpostError("receive.memory", `${file}: made by a newer release`);
    database.exec(SCHEMA);
    database.pragma(`user_version = ${VERSION}`);
    return database;
  } catch (failure) {
    database?.close();
    if (failure instanceof TelpostError) throw failure;
    const why = failure instanceof Error ? failure.message : String(failure);
    throw new TelpostError("receive.memory", `${file}: ${why}`, { cause: failure });
  }
}

function prepare(database: Database.Database): Statements {
  const known = "gateway = (SELECT id FROM gateway WHERE name = ?)";
  return {
    hash: database.prepare(
      `SELECT hash FROM message WHERE ${known} AND stream = ? AND epoch = ? AND seq = ?`,
    ),
    windows: database.prepare(`SELECT windows FROM message WHERE ${known} AND end_ms = ?`),
    gaps: database.prepare("SELECT gaps FROM gateway WHERE name = ?"),
    keepGaps: database.prepare(
      "INSERT INTO gateway (name, gaps) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET gaps = excluded.gaps",
    ),
    mark: database.prepare(
      `INSERT INTO message (gateway, stream, epoch, seq, end_ms, marked_ms, hash, windows)
       VALUES ((SELECT id FROM gateway WHERE name = ?), ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ),
    forget: database.prepare(
      `DELETE FROM message WHERE (gateway, stream, epoch, seq) IN
       (SELECT gateway, stream, epoch, seq FROM message WHERE marked_ms < ? ORDER BY marked_ms LIMIT ?)`,
    ),
  };
}

function streamId(stream: MessageKey["stream"]): number {
  return stream === "sealed" ? 0 : 1;
}

function pack(windows: readonly WindowMark[]): Buffer {
  return Buffer.from(windows.map(({ window, value }) => window + value).join(""), "hex");
}

function unpack(bytes: Buffer): [string, string][] {
  return Array.from({ length: bytes.length / MARK_BYTES }, (_, at) => {
    const text = bytes.toString("hex", at * MARK_BYTES, (at + 1) * MARK_BYTES);
    return [text.slice(0, MARK_BYTES), text.slice(MARK_BYTES)];
  });
}
