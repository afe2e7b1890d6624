import { type ErrorCode, TelpostError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Ballast } from "./ballast.ts";
import type { Connection } from "./connection.ts";
import { closeQuietly, truncateWal } from "./database.ts";
import { isReadOnly, needsReopen, sqliteCode, storageError } from "./failures.ts";

export interface SessionOptions {
  readonly file: string;
  readonly ballast: Ballast;
  readonly log: Log;
  /** Opens the database again, salvaging it if need be. */
  readonly reopen: () => Connection;
}

/**
 * The connection through all that can happen to a disk: opened again after a failure that took it, given the ballast's
 * room when the disk is full. Everything it throws is a TelpostError of kind storage, or a defect.
 */
export class Session {
  readonly #options: SessionOptions;
  /** Null between a failure that took it and the next attempt. */
  #connection: Connection | null;
  #failure: ErrorCode | null = null;
  /** The ballast is gone: the outbox makes room for what comes by dropping the oldest. */
  #isShort: boolean;

  constructor(connection: Connection, options: SessionOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#isShort = !options.ballast.restore();
    if (this.#isShort) this.#tellShort();
  }

  get connection(): Connection | null {
    return this.#connection;
  }

  /** True while the disk is full: a commit must then make its own room. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** What is wrong with the storage now. */
  get trouble(): ErrorCode | null {
    return this.#failure ?? (this.#isShort ? "outbox.full" : null);
  }

  /** Uses the connection. That it could be read says nothing about writing: only `wrote` ends a trouble. */
  use<T>(work: (connection: Connection) => T): T {
    try {
      return this.#attempt(work);
    } catch (failure) {
      throw this.#failed(failure);
    }
  }

  /** As `use`. On a full disk the ballast goes, the WAL is emptied, and `work` runs once more. */
  write<T>(work: (connection: Connection) => T): T {
    return this.use((connection) => {
      try {
        return work(connection);
      } catch (failure) {
        if (sqliteCode(failure) !== "SQLITE_FULL" || !this.#options.ballast.isDiskFull) throw failure;
        this.#makeRoom(connection);
        return work(connection);
      }
    });
  }

  /** Something reached the disk. */
  wrote(): void {
    if (this.#failure) this.#options.log.info("outbox.recovered");
    this.#failure = null;
  }

  /** Takes the ballast's room again when there is some. */
  restoreBallast(): void {
    if (!this.#isShort || !this.#options.ballast.restore()) return;
    this.#isShort = false;
    this.#options.log.info("outbox.ballast_restored");
  }

  close(): void {
    if (this.#connection?.database.open) closeQuietly(this.#connection.database);
    this.#connection = null;
  }

  #attempt<T>(work: (connection: Connection) => T): T {
    this.#connection ??= this.#options.reopen();
    return work(this.#connection);
  }

  #makeRoom({ database }: Connection): void {
    this.#options.ballast.release();
    if (!this.#isShort) this.#tellShort();
    this.#isShort = true;
    truncateWal(database);
  }

  #tellShort(): void {
    this.#options.log.warn("outbox.ballast_released", { code: "outbox.full" });
  }

  #failed(failure: unknown): unknown {
    if (needsReopen(failure)) this.close();
    const error = storageError(failure);
    if (!(error instanceof TelpostError)) return error;
    const readOnly = error.code === "outbox.write_failed" && isReadOnly(this.#options.file);
    const told = readOnly ? new TelpostError("outbox.read_only", error.detail, { cause: error }) : error;
    if (this.#failure !== told.code) this.#options.log.warn("outbox.write_failed", { code: told.code });
    this.#failure = told.code;
    return told;
  }
}
