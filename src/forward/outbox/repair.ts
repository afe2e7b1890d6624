import { Commit } from "./commit.ts";
import { closeQuietly, truncateWal } from "./database.ts";
import { storageError } from "./failures.ts";
import type { Waiting } from "./leases.ts";
import { takeWriterLock } from "./lock.ts";
import { type OutboxOptions, openOrSalvage } from "./outbox.ts";
import type { RowTable } from "./row-table.ts";
import type { SalvageReport } from "./salvage.ts";

export interface Repaired {
  /** Null when the file was sound. */
  readonly salvaged: SalvageReport | null;
  /** Rows that failed their checksum: dropped, and declared to the city. */
  readonly dropped: number;
}

const PAGE = 200;

/**
 * What forward does at its start with a damaged outbox, and with each bad row when it comes to it: all of it now.
 * @throws TelpostError outbox.locked while forward runs, and what opening an outbox throws
 */
export function repair(options: OutboxOptions): Repaired {
  const { file, identity, nowMs } = options;
  const lock = takeWriterLock(file);
  try {
    const { connection, salvaged } = openOrSalvage(options, nowMs, 0);
    try {
      const bad = badRows(connection.rows);
      const context = { identity, nowMs, judgesAge: false, sealedAfter: 0 };
      const commit = new Commit(connection, connection.state, context);
      const write = () => {
        commit.settle(bad);
        connection.states.write(connection.state, commit.state);
      };
      connection.database.transaction(write).immediate();
      truncateWal(connection.database);
      return { salvaged, dropped: bad.size };
    } finally {
      closeQuietly(connection.database);
    }
  } catch (failure) {
    throw storageError(failure);
  } finally {
    lock.release();
  }
}

function badRows(rows: RowTable): Map<number, Waiting> {
  const bad = new Map<number, Waiting>();
  for (let after = 0; ; ) {
    const page = rows.page(after, Number.MAX_SAFE_INTEGER, PAGE);
    for (const row of page) {
      after = typeof row === "number" ? row : row.id;
      if (typeof row === "number") bad.set(row, { settlement: "corrupt", bytes: 0 });
    }
    if (page.length < PAGE) return bad;
  }
}
