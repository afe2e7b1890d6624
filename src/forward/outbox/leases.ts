import type { Verdict } from "../ports.ts";

/** How a row leaves the queue. `corrupt`: it failed its checksum. */
export type Settlement = Extract<Verdict, "accepted" | "rejected"> | "corrupt";

/** A settlement that waits for the next commit. */
export interface Waiting {
  readonly settlement: Settlement;
  readonly bytes: number;
}

/** What the uplink has borrowed and what it has decided since the last commit. Memory only. */
export class Leases {
  readonly #leased = new Map<number, number>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #counts = { accepted: 0, rejected: 0, corrupt: 0 };
  #waitingBytes = 0;

  /** True when the row can be leased. */
  isFree(id: number): boolean {
    return !this.#leased.has(id) && !this.#waiting.has(id);
  }

  /** The row as the uplink gets it; what it weighs is remembered here. */
  lend<R extends { readonly id: number; readonly bytes: number; readonly lengths: unknown }>({
    bytes,
    lengths,
    ...row
  }: R): Omit<R, "bytes" | "lengths"> {
    this.#leased.set(row.id, bytes);
    return row;
  }

  /** A verdict on a leased row; on any other it says nothing. */
  settle(id: number, verdict: Verdict): void {
    const bytes = this.#leased.get(id);
    if (bytes === undefined) return;
    this.#leased.delete(id);
    if (verdict !== "released") this.wait(id, verdict, bytes);
  }

  /** Decides a queued row, leased or not. False when it was decided before. */
  wait(id: number, settlement: Settlement, bytes: number): boolean {
    if (this.#waiting.has(id)) return false;
    this.#leased.delete(id);
    this.#waiting.set(id, { settlement, bytes });
    this.#waitingBytes += bytes;
    this.#counts[settlement]++;
    return true;
  }

  releaseAll(): void {
    this.#leased.clear();
  }

  /** Rows that have gone: nothing more is to be decided about them. */
  forget(ids: Iterable<number>): void {
    for (const id of ids) {
      this.#leased.delete(id);
      const waiting = this.#waiting.get(id);
      if (!waiting) continue;
      this.#waiting.delete(id);
      this.#waitingBytes -= waiting.bytes;
      this.#counts[waiting.settlement]--;
    }
  }

  /** Settlements that wait for a commit. */
  get waiting(): ReadonlyMap<number, Waiting> {
    return this.#waiting;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** How many settlements of this kind wait. */
  waitingCount(settlement: Settlement): number {
    return this.#counts[settlement];
  }
}
