import { statSync } from "node:fs";
import Database from "better-sqlite3";
import { z } from "zod";
import { TelpostError } from "../../base/errors.ts";
import type { Identity } from "../../contract/topics.ts";
import { checkBooks } from "./connection.ts";
import { closeQuietly, quickCheck } from "./database.ts";
import { isDamage, storageError } from "./failures.ts";
import type { StoredRow } from "./row.ts";
import { RowTable } from "./row-table.ts";
import { checkMajor, readMeta } from "./schema.ts";
import { readState } from "./state-table.ts";

/** What can be seen of an outbox from outside, also while forward writes to it. */

const PAGE = 200;
const BUSY_TIMEOUT_MS = 1000;
const identityText = z.tuple([z.string(), z.string(), z.string()]);

export interface Verified {
  readonly rows: number;
  /** Ids of rows that fail their checksum. */
  readonly bad: readonly number[];
  /** Null when the structure and the books are sound, else what is not. */
  readonly damage: string | null;
}

/**
 * Refuses whoever does not own the outbox: files that another user leaves beside it would lock its owner out.
 * @throws TelpostError outbox.not_owner, outbox.absent
 */
export function checkOwner(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) throw new TelpostError("outbox.absent", file);
  const user = process.getuid?.();
  if (user !== undefined && user !== found.uid)
    throw new TelpostError("outbox.not_owner", `uid ${found.uid}`);
}

/** A connection that only reads, in steps so short that they never hold up the writer or its checkpoints. */
export class Inspection {
  readonly #database: Database.Database;

  /** @throws TelpostError outbox.absent, outbox.not_owner, outbox.damaged, outbox.newer, outbox.unusable */
  constructor(file: string) {
    checkOwner(file);
    let database: Database.Database | undefined;
    try {
      database = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
      checkMajor(database);
      this.#database = database;
    } catch (failure) {
      if (database) closeQuietly(database);
      throw storageError(failure, "outbox.unusable");
    }
  }

  /** Whose rows these are. @throws TelpostError outbox.damaged */
  identity(): Identity {
    const found = identityText.safeParse(JSON.parse(readMeta(this.#database, "identity") ?? "null"));
    if (!found.success) throw new TelpostError("outbox.damaged", "identity");
    const [tenant, site, gateway] = found.data;
    return { tenant, site, gateway };
  }

  /** How many rows wait and what they count for in the quota. @throws TelpostError of kind storage */
  totals(): { readonly queued: number; readonly bytes: number } {
    const state = this.#read(() => readState(this.#database));
    const { queued = 0, sealedBytes = 0, eventBytes = 0 } = state?.ledger ?? {};
    return { queued, bytes: sealedBytes + eventBytes };
  }

  /** Every row, oldest first; one that fails its checksum as its id. @throws TelpostError of kind storage */
  *rows(): Generator<StoredRow | number> {
    const table = this.#read(() => new RowTable(this.#database));
    for (let after = 0; ; ) {
      const page = this.#read(() => table.page(after, Number.MAX_SAFE_INTEGER, PAGE));
      for (const row of page) {
        after = typeof row === "number" ? row : row.id;
        yield row;
      }
      if (page.length < PAGE) return;
    }
  }

  /** Reads and checks everything. */
  verify(): Verified {
    const bad: number[] = [];
    let rows = 0;
    try {
      for (const row of this.rows()) {
        rows++;
        if (typeof row === "number") bad.push(row);
      }
      quickCheck(this.#database);
      this.#database.transaction(() => {
        const state = readState(this.#database);
        if (state) checkBooks(this.#database, state);
      })();
      return { rows, bad, damage: null };
    } catch (failure) {
      if (!isDamage(failure)) throw storageError(failure);
      return { rows, bad, damage: failure instanceof TelpostError ? failure.detail : "structure" };
    }
  }

  close(): void {
    closeQuietly(this.#database);
  }

  #read<T>(work: () => T): T {
    try {
      return work();
    } catch (failure) {
      throw storageError(failure);
    }
  }
}
