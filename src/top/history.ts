import type { BothStatus } from "../ops/first-window.ts";

/** One column of a sparkline: a minute. */
const COLUMN_MS = 60_000;
/** More than any terminal is wide. */
const MOST_COLUMNS = 240;
/** From nothing to all, in characters that every terminal and every font has. */
const LEVELS = [".", ":", "-", "=", "+", "*", "#"] as const;
const UNKNOWN = " ";
/** The least that fills a column of the queue: one message on its way is no backlog. */
const SMALLEST_BACKLOG = 10;
/** Proofs are counted over so long. */
const PACE_MS = 60_000;

interface Column {
  looks: number;
  up: number;
}

/** What this screen has seen since it was opened: how links were, and how many messages waited. Never anything of people. */
export class History {
  readonly #links = new Map<string, Map<number, Column>>();
  readonly #queue = new Map<number, number>();
  #proofs: { readonly atMs: number; readonly accepted: number }[] = [];

  /** @param atMs monotonic ms */
  add({ sense, forward }: BothStatus, atMs: number): void {
    const minute = Math.floor(atMs / COLUMN_MS);
    for (const { id, link } of sense?.sensors ?? []) {
      const columns = this.#links.get(id) ?? new Map<number, Column>();
      const column = columns.get(minute) ?? { looks: 0, up: 0 };
      columns.set(minute, { looks: column.looks + 1, up: column.up + (link === "up" ? 1 : 0) });
      this.#links.set(id, bounded(columns));
    }
    if (!forward) return;
    const { queued, accepted } = forward.outbox;
    this.#queue.set(minute, Math.max(queued, this.#queue.get(minute) ?? 0));
    bounded(this.#queue);
    this.#proofs = [...this.#proofs, { atMs, accepted }].filter((one) => atMs - one.atMs <= PACE_MS);
  }

  /** How often the link of a sensor was up, a character a minute, the newest last. */
  link(id: string, columns: number, atMs: number): string {
    const seen = this.#links.get(id);
    return this.#line(columns, atMs, (minute) => {
      const column = seen?.get(minute);
      return column ? levelOf(column.up / column.looks) : UNKNOWN;
    });
  }

  /** The most messages that waited, a character a minute, against the most of all of them, ten at least. */
  queue(columns: number, atMs: number): string {
    const most = Math.max(SMALLEST_BACKLOG, ...this.#queue.values());
    return this.#line(columns, atMs, (minute) => {
      const waiting = this.#queue.get(minute);
      return waiting === undefined ? UNKNOWN : levelOf(waiting / most);
    });
  }

  /** Messages proven in the last minute; null until there is something to compare with. */
  get provenAMinute(): number | null {
    const [first] = this.#proofs;
    const last = this.#proofs.at(-1);
    if (!first || !last || last.atMs === first.atMs) return null;
    // A restart of forward counts on; only another database counts anew.
    const rise = Math.max(0, last.accepted - first.accepted);
    return Math.round((rise * PACE_MS) / (last.atMs - first.atMs));
  }

  #line(columns: number, atMs: number, of: (minute: number) => string): string {
    const now = Math.floor(atMs / COLUMN_MS);
    const count = Math.max(0, Math.min(columns, MOST_COLUMNS));
    return Array.from({ length: count }, (_, at) => of(now - count + 1 + at)).join("");
  }
}

function levelOf(part: number): string {
  const at = part <= 0 ? 0 : Math.max(1, Math.floor(part * (LEVELS.length - 1)));
  return LEVELS[Math.min(at, LEVELS.length - 1)] ?? UNKNOWN;
}

function bounded<V>(columns: Map<number, V>): Map<number, V> {
  for (const oldest of columns.keys()) {
    if (columns.size <= MOST_COLUMNS) break;
    columns.delete(oldest);
  }
  return columns;
}
