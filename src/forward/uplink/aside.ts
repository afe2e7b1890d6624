import type { Row } from "../ports.ts";

interface Entry {
  readonly row: Row;
  readonly retryAtMs: number;
  readonly byDeath: boolean;
}

const RETRY_MS = 3_600_000;
const MOST = 32;

/** Poison rows: each stays leased, tries again alone once an hour and never blocks the others. */
export class SetAside {
  readonly #entries = new Map<number, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** So many that it is no longer about single messages. */
  get isFull(): boolean {
    return this.#entries.size >= MOST;
  }

  has(id: number): boolean {
    return this.#entries.has(id);
  }

  /** @param byDeath it ended a connection, rather than being refused with a reason code */
  put(row: Row, byDeath: boolean, nowMs: number): void {
    this.#entries.set(row.id, { row, retryAtMs: nowMs + RETRY_MS, byDeath });
  }

  delete(id: number): void {
    this.#entries.delete(id);
  }

  /** Rows whose hour is over. */
  due(nowMs: number): Row[] {
    return [...this.#entries.values()].filter(({ retryAtMs }) => retryAtMs <= nowMs).map(({ row }) => row);
  }

  /** When the next row is due, monotonic ms. */
  retryAtMs(): number | undefined {
    if (this.#entries.size === 0) return undefined;
    return Math.min(...[...this.#entries.values()].map((entry) => entry.retryAtMs));
  }

  /** Takes out the rows set aside by deaths: it was the broker, not they. */
  pardon(): Row[] {
    const pardoned = [...this.#entries.values()].filter(({ byDeath }) => byDeath).map(({ row }) => row);
    for (const { id } of pardoned) this.#entries.delete(id);
    return pardoned;
  }
}
