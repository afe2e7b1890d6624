import { TelpostError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { RandomBytes } from "../../base/random.ts";
import type { Identity } from "../../contract/topics.ts";
import type { Outbox } from "../ports.ts";
import { type Connection, connect } from "./connection.ts";
import { isDamage } from "./failures.ts";
import { takeWriterLock } from "./lock.ts";
import type { Quota } from "./quota.ts";
import { finishSalvage, salvage } from "./salvage.ts";
import { SqliteOutbox } from "./sqlite-outbox.ts";
import { isWalDamaged } from "./wal.ts";

export interface OutboxOptions {
  /** Path of the database; `-wal`, `-shm` and `.lock` lie beside it. */
  readonly file: string;
  readonly identity: Identity;
  readonly quota: Quota;
  readonly random: RandomBytes;
  /** Wall time now, ms since the Unix epoch. */
  readonly nowMs: number;
  readonly log: Log;
  /** Is the wall clock believed? While it is not, no row is too old: one wrong step must not empty the outbox. Default: always. */
  readonly clockSynced?: () => boolean;
}

/**
 * Opens the outbox for writing, or makes a new one. A damaged file is set aside and salvaged.
 * @throws TelpostError outbox.locked, outbox.unusable, outbox.newer, config.identity_changed, outbox.full, outbox.write_failed
 */
export function openOutbox(options: OutboxOptions): Outbox {
  const { identity, quota, nowMs, log, clockSynced = () => true } = options;
  const lock = takeWriterLock(options.file);
  try {
    const connection = openOrSalvage(options, nowMs, 0);
    if (connection.migrated > 0) log.info("outbox.migrated", { steps: connection.migrated });
    log.info("outbox.opened", { queued: connection.state.ledger.queued });
    const reopen = (now: number, lastId: number) => openOrSalvage(options, now, lastId);
    return new SqliteOutbox(connection, { identity, quota, nowMs, log, clockSynced, lock, reopen });
  } catch (failure) {
    lock.release();
    throw failure;
  }
}

function openOrSalvage(options: OutboxOptions, nowMs: number, lastId: number): Connection {
  const { file, log } = options;
  finishSalvage(file);
  const walDamaged = isWalDamaged(file);
  try {
    if (walDamaged) throw new TelpostError("outbox.damaged", "wal");
    return connect(options);
  } catch (failure) {
    if (!isDamage(failure)) throw failure;
    const { saved, lost, movedTo } = salvage({ ...options, nowMs, lastId, walDamaged });
    log.error("outbox.salvaged", { code: "outbox.damaged", saved, lost, movedTo });
    return connect(options);
  }
}
