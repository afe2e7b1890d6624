/** Work that must move on while there is any. None of it may be a function of passages (P9): an empty street is healthy. */
export interface Work {
  /** As a technician reads it. */
  readonly name: string;
  /** How long it may stand still, ms. */
  readonly limitMs: number;
  /** What changes when it moves on; null while there is nothing to do. */
  readonly mark: () => number | null;
}

/** What stands still, and for how long. */
export interface Stalled {
  readonly name: string;
  readonly forMs: number;
}

/** Watches the work of a process: the loop may turn while the work in it does not. Times are monotonic ms. */
export class Progress {
  readonly #works: readonly Work[];
  readonly #seen = new Map<Work, { mark: number; sinceMs: number }>();

  constructor(works: readonly Work[]) {
    this.#works = works;
  }

  /** Looks at everything; call it regularly. The first work that stands still for longer than it may, if any. */
  stalled(nowMs: number): Stalled | undefined {
    return this.#works.map((work) => this.#look(work, nowMs)).find((one) => one !== undefined);
  }

  #look(work: Work, nowMs: number): Stalled | undefined {
    const mark = work.mark();
    const seen = this.#seen.get(work);
    if (mark === null) this.#seen.delete(work);
    else if (!seen || seen.mark !== mark) this.#seen.set(work, { mark, sinceMs: nowMs });
    else if (nowMs - seen.sinceMs > work.limitMs) return { name: work.name, forMs: nowMs - seen.sinceMs };
    return undefined;
  }
}
