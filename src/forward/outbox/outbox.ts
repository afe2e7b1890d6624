import { TelpostError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { RandomBytes } from "../../base/random.ts";
import type { Identity } from "../../contract/topics.ts";
import type { Outbox, WalkCounter } from "../ports.ts";
import { BALLAST_BYTES, Ballast } from "./ballast.ts";
import { BoxKey, type BoxLock } from "./box-key.ts";
import { type Connection, connect } from "./connection.ts";
import { isDamage } from "./failures.ts";
import { takeWriterLock } from "./lock.ts";
import type { Quota } from "./quota.ts";
import { finishSalvage, type SalvageReport, salvage } from "./salvage.ts";
import { SqliteOutbox } from "./sqlite-outbox.ts";
import { isEmptied, isWalDamaged } from "./wal.ts";

export interface OutboxOptions {
  /** Path of the database; `-wal`, `-shm`, `.lock`, `.ballast` and `.boxkey` lie beside it. */
  readonly file: string;
  readonly identity: Identity;
  readonly quota: Quota;
  readonly random: RandomBytes;
  /** Wall time now, ms since the Unix epoch. */
  readonly nowMs: number;
  readonly log: Log;
  /** Is the wall clock believed? While it is not, no row is too old: one wrong step must not empty the outbox. Default: always. */
  readonly clockSynced?: () => boolean;
  /** Room kept for a full disk. */
  readonly ballastBytes?: number;
}

/**
 * Opens the outbox for writing, or makes a new one. A damaged file is set aside and salvaged.
 * @throws TelpostError outbox.locked, outbox.unusable, outbox.newer, config.identity_changed, outbox.full, outbox.write_failed
 */
export function openOutbox(options: OutboxOptions): Outbox & WalkCounter {
  const { file, identity, quota, random, nowMs, log, clockSynced = () => true } = options;
  const ballast = new Ballast({ file, bytes: options.ballastBytes ?? BALLAST_BYTES, random });
  const lock = takeWriterLock(options.file);
  try {
    const boxes = new BoxKey({ path: `${file}.boxkey`, random, log });
    const open = (now: number, lastId: number) =>
      withRoom(ballast, () => openOrSalvage({ ...options, boxes }, now, lastId));
    const { connection } = open(nowMs, 0);
    if (connection.migrated > 0) log.info("outbox.migrated", { steps: connection.migrated });
    log.info("outbox.opened", { queued: connection.state.ledger.queued });
    const kept = { file, identity, quota, nowMs, log, clockSynced, boxes };
    return new SqliteOutbox(connection, {
      ...kept,
      ballast,
      lock,
      reopen: (now, lastId) => open(now, lastId).connection,
    });
  } catch (failure) {
    lock.release();
    throw failure;
  }
}

/** Opens a full disk's outbox with the room of the ballast. */
function withRoom<T>(ballast: Ballast, open: () => T): T {
  try {
    return open();
  } catch (failure) {
    const isFull = failure instanceof TelpostError && failure.code === "outbox.full";
    if (!isFull || !ballast.release()) throw failure;
    return open();
  }
}

export interface Opened {
  readonly connection: Connection;
  /** What a salvage brought, when one was needed. */
  readonly salvaged: SalvageReport | null;
}

/** Opens the database; a damaged one is salvaged first. The writer lock must be held. */
export function openOrSalvage(
  options: OutboxOptions & { readonly boxes?: BoxLock },
  nowMs: number,
  lastId: number,
): Opened {
  const { file, log } = options;
  finishSalvage(file);
  const emptied = isEmptied(file);
  const walDamaged = emptied || isWalDamaged(file);
  try {
    if (walDamaged) throw new TelpostError("outbox.damaged", emptied ? "empty file" : "wal");
    return { connection: connect(options), salvaged: null };
  } catch (failure) {
    if (!isDamage(failure)) throw failure;
    const salvaged = salvage({ ...options, nowMs, lastId, walDamaged });
    log.error("outbox.salvaged", { code: "outbox.damaged", ...salvaged });
    return { connection: connect(options), salvaged };
  }
}
