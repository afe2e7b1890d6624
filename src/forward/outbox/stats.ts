import type { OutboxStats } from "../ports.ts";
import type { Leases } from "./leases.ts";
import type { RowTable } from "./row-table.ts";
import type { Ledger } from "./state.ts";

/** Tells how the outbox stands, settlements that wait for their commit included. Reads counters, never all rows. */
export class StatsReader {
  /** No undecided row has an id up to this one: ids rise, and a decision stands. */
  #decidedTo = 0;

  /** @param oldestAtMs as `oldest` found it */
  read(ledger: Ledger, lastId: number, leases: Leases, oldestAtMs: number | null): OutboxStats {
    const { appended, accepted, rejected, dropped, queued, sealedBytes, eventBytes } = ledger;
    const left = queued - leases.waiting.size;
    return {
      queued: left,
      queuedBytes: sealedBytes + eventBytes - leases.waitingBytes,
      oldestAtMs: left > 0 ? oldestAtMs : null,
      appended,
      accepted: accepted + leases.waitingCount("accepted"),
      rejected: rejected + leases.waitingCount("rejected"),
      dropped: dropped + leases.waitingCount("corrupt"),
      lastId,
    };
  }

  /** When the oldest row that is not decided was made, ms since the Unix epoch. */
  oldest(leases: Leases, rows: RowTable): number | null {
    for (let row = rows.next(this.#decidedTo); row; row = rows.next(this.#decidedTo)) {
      if (!leases.waiting.has(row.id)) return row.at;
      this.#decidedTo = row.id;
    }
    return null;
  }
}
