import type { Database } from "better-sqlite3";
import { TelpostError } from "../../base/errors.ts";
import { type RandomBytes, randomEpoch } from "../../base/random.ts";
import type { Identity } from "../../contract/topics.ts";
import { AS_IT_IS, type BoxLock } from "./box-key.ts";
import { closeQuietly, makeDurable, openDatabase, quickCheck } from "./database.ts";
import { sqliteCode, storageError } from "./failures.ts";
import type { Quota } from "./quota.ts";
import { RefusedTable } from "./refused-table.ts";
import { RowTable } from "./row-table.ts";
import { checkMajor, migrate, readMeta, writeMeta } from "./schema.ts";
import { emptyState, isConserved, type State } from "./state.ts";
import { readState, StateWriter } from "./state-table.ts";
import { readWalks } from "./walks.ts";

/** An open, checked database with its statements and what it remembered. */
export interface Connection {
  readonly database: Database;
  readonly rows: RowTable;
  readonly refused: RefusedTable;
  readonly states: StateWriter;
  readonly state: State;
  /** Migrations that were applied; all of them for a new file. */
  readonly migrated: number;
}

export interface ConnectOptions {
  readonly file: string;
  readonly identity: Identity;
  readonly quota: Quota;
  readonly random: RandomBytes;
  /** Opens and locks the boxes of the last totals; without it they stay as they are. */
  readonly boxes?: BoxLock;
}

/**
 * Opens the database, checks it from end to end and brings it up to date.
 * @throws TelpostError outbox.damaged (salvage it), outbox.newer, outbox.unusable, config.identity_changed
 */
export function connect({ file, identity, quota, random, boxes = AS_IT_IS }: ConnectOptions): Connection {
  const database = openDatabase(file, quota.maxBytes);
  try {
    checkMajor(database);
    quickCheck(database);
    makeDurable(database);
    const migrated = migrate(database);
    const tables = {
      database,
      rows: new RowTable(database),
      refused: new RefusedTable(database),
      states: new StateWriter(database, boxes),
    };
    const known = readState(database, boxes);
    const state = known
      ? { ...known, walks: readWalks(database) }
      : firstState(tables.states, database, random);
    checkBooks(database, state);
    adoptIdentity(database, identity, state);
    return { ...tables, state, migrated };
  } catch (failure) {
    closeQuietly(database);
    throw openingError(failure);
  }
}

/** A schema that is not whole shows as SQLITE_ERROR when a statement is prepared: that is damage too. */
function openingError(failure: unknown): unknown {
  return storageError(failure, sqliteCode(failure) === "SQLITE_ERROR" ? "outbox.damaged" : "outbox.unusable");
}

function firstState(states: StateWriter, database: Database, random: RandomBytes): State {
  const state = emptyState(randomEpoch(random));
  database.transaction(() => states.write(null, state)).immediate();
  return state;
}

interface Books {
  readonly queued: number;
  readonly sealedBytes: number;
  readonly eventBytes: number;
  readonly lastId: number;
}

/** Compares the ledger with the rows. @throws TelpostError outbox.damaged when they disagree */
export function checkBooks(database: Database, { ledger, lastId }: State): void {
  const found = database
    .prepare<[], Books>(
      `SELECT count(*) AS queued, ifnull(max(id), 0) AS lastId,
        ifnull(sum(iif(stream = 'sealed', bytes, 0)), 0) AS sealedBytes,
        ifnull(sum(iif(stream = 'event', bytes, 0)), 0) AS eventBytes
        FROM rows NOT INDEXED`,
    )
    .get();
  const agrees =
    found !== undefined &&
    found.queued === ledger.queued &&
    found.sealedBytes === ledger.sealedBytes &&
    found.eventBytes === ledger.eventBytes &&
    found.lastId <= lastId;
  if (!agrees || !isConserved(ledger)) throw new TelpostError("outbox.damaged", "ledger");
}

/** Rows belong to the identity they were made for, so it can only change while there are none. */
function adoptIdentity(database: Database, identity: Identity, { ledger }: State): void {
  const { tenant, site, gateway } = identity;
  const name = JSON.stringify([tenant, site, gateway]);
  const known = readMeta(database, "identity");
  if (known === name) return;
  if (known !== undefined && ledger.queued > 0) {
    throw new TelpostError("config.identity_changed", `it holds rows of ${known}`);
  }
  writeMeta(database, "identity", name);
}
