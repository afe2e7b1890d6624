const CITY_PATIENCE_MS = 60_000;
/** Rows published that wait for the city. The backlog leaves room for live rows. */
const MOST = 1000;
const MOST_BEFORE_BACKLOG_WAITS = 750;

/** Rows the broker has taken and the city has not acknowledged. After a minute they are published again. */
export class AwaitingCity {
  /** Row id to the monotonic ms at which patience is over, oldest first. */
  readonly #until = new Map<number, number>();

  get roomForLive(): boolean {
    return this.#until.size < MOST;
  }

  get roomForBacklog(): boolean {
    return this.#until.size < MOST_BEFORE_BACKLOG_WAITS;
  }

  add(id: number, nowMs: number): void {
    this.#until.set(id, nowMs + CITY_PATIENCE_MS);
  }

  delete(id: number): void {
    this.#until.delete(id);
  }

  /** Takes out the rows for which patience is over. */
  takeOverdue(nowMs: number): number[] {
    const overdue: number[] = [];
    for (const [id, untilMs] of this.#until) {
      if (untilMs > nowMs) break;
      overdue.push(id);
    }
    for (const id of overdue) this.#until.delete(id);
    return overdue;
  }

  /** When patience is over for the oldest, monotonic ms. */
  nextMs(): number | undefined {
    const [first] = this.#until.values();
    return first;
  }

  /** Takes out all. */
  clear(): number[] {
    const ids = [...this.#until.keys()];
    this.#until.clear();
    return ids;
  }
}
