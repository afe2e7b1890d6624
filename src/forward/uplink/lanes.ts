import type { Outbox, Row } from "../ports.ts";
import type { Moment } from "./flow.ts";
import { type Bucket, dueInMs, fullBucket, nextTokenAtMs, refill } from "./pace.ts";

export interface LanesOptions {
  readonly backlogPerSecond: number;
  readonly offsetMs: number;
}

/** Rows read ahead from the outbox, each lane for itself. Memory does not depend on the backlog. */
const PAGE = 64;

/**
 * Two queues over one outbox, split by row id at the watermark: live rows wait for their fixed time, older rows follow
 * oldest first at a pace. Rows taken from here stay leased.
 */
export class Lanes {
  readonly #outbox: Outbox;
  readonly #options: LanesOptions;
  #watermark = 0;
  #live: { readonly row: Row; readonly dueMs: number }[] = [];
  #liveAfter = 0;
  #moreLive = true;
  #backlog: Row[] = [];
  #backlogAfter = 0;
  #moreBacklog = true;
  #bucket: Bucket;

  constructor(outbox: Outbox, options: LanesOptions) {
    this.#outbox = outbox;
    this.#options = options;
    this.#bucket = fullBucket(0, options.backlogPerSecond);
  }

  /** A connection came up: everything kept so far is backlog. */
  restart(moment: Moment): void {
    this.#watermark = this.#outbox.stats().lastId;
    this.#liveAfter = this.#watermark;
    this.#bucket = fullBucket(moment.monoMs, this.#options.backlogPerSecond);
    this.#moreLive = true;
    this.#lookBack();
  }

  /** Rows passed by were released: they are backlog now, and are looked for from the oldest on. */
  rewind(): void {
    this.#watermark = Math.max(this.#watermark, this.#liveAfter);
    this.#lookBack();
  }

  appended(): void {
    this.#moreLive = true;
  }

  isLate(row: Row): boolean {
    return row.id <= this.#watermark;
  }

  /** The next live row whose time has come. */
  takeLive(moment: Moment): Row | null {
    this.#readLive(moment);
    const index = this.#live.findIndex(({ dueMs }) => dueMs <= moment.monoMs);
    return index < 0 ? null : (this.#live.splice(index, 1)[0]?.row ?? null);
  }

  /** The oldest row of the backlog, when the pace allows one. */
  takeBacklog(moment: Moment): Row | null {
    const { backlogPerSecond } = this.#options;
    this.#bucket = refill(this.#bucket, moment.monoMs, backlogPerSecond);
    if (this.#bucket.tokens < 1) return null;
    const row = this.#nextOld();
    if (row) this.#bucket = { ...this.#bucket, tokens: this.#bucket.tokens - 1 };
    return row;
  }

  /** When the next live row is due, monotonic ms; undefined when none waits. */
  liveDueMs(): number | undefined {
    return this.#live.length === 0 ? undefined : Math.min(...this.#live.map(({ dueMs }) => dueMs));
  }

  /** When the backlog may go on, monotonic ms; undefined when there is none. */
  backlogDueMs(): number | undefined {
    if (this.#backlog.length === 0 && !this.#moreBacklog) return undefined;
    return nextTokenAtMs(this.#bucket, this.#options.backlogPerSecond);
  }

  /** Empties the lanes. @returns the rows read ahead, to be released */
  drop(): Row[] {
    const rows = [...this.#live.map(({ row }) => row), ...this.#backlog];
    this.#live = [];
    this.#backlog = [];
    return rows;
  }

  #lookBack(): void {
    this.#backlogAfter = 0;
    this.#moreBacklog = true;
  }

  #readLive({ monoMs, nowMs }: Moment): void {
    const limit = PAGE - this.#live.length;
    if (!this.#moreLive || limit === 0) return;
    const rows = this.#outbox.lease({ afterId: this.#liveAfter, upToId: Number.MAX_SAFE_INTEGER, limit });
    this.#moreLive = rows.length === limit;
    for (const row of rows) {
      this.#live.push({ row, dueMs: monoMs + dueInMs(row, nowMs, this.#options.offsetMs) });
      this.#liveAfter = row.id;
    }
  }

  #nextOld(): Row | null {
    if (this.#backlog.length === 0 && this.#moreBacklog) {
      const rows = this.#outbox.lease({ afterId: this.#backlogAfter, upToId: this.#watermark, limit: PAGE });
      this.#moreBacklog = rows.length === PAGE;
      this.#backlogAfter = rows.at(-1)?.id ?? this.#backlogAfter;
      this.#backlog = rows;
    }
    return this.#backlog.shift() ?? null;
  }
}
