import type { Clock } from "../base/clock.ts";
import type { SealedMessage } from "../model.ts";
import type { Append, KeptWindows, OfferOutcome, PassingLog, Row } from "./ports.ts";

/** What became of a sealed message, as far as forward saw it since its start. Times in ms since the Unix epoch, to the second. */
export interface PassedWindows {
  readonly epoch: string;
  readonly seq: number;
  /** The closing instant. */
  readonly endMs: number;
  /** The window lengths (seconds) that ended then. */
  readonly lengths: readonly number[];
  /** When it was committed to the outbox; null: before this start of forward. */
  keptAtMs: number | null;
  /** When it last went out; null: not since this start. */
  sentAtMs: number | null;
  /** When the broker or the city proved it; null: not yet. */
  provenAtMs: number | null;
}

/** The same, and whether it waits in the outbox now. Neither waiting nor proven: dropped, and declared to the city. */
export interface ToldWindows extends Readonly<PassedWindows> {
  readonly waits: boolean;
}

/** A day of minutes: what one answer of the control socket holds with ease. */
export const MOST_REMEMBERED = 1_500;

/** The newest sealed messages on their way, in memory only: the outbox forgets what is proven. */
export class WindowDiary implements PassingLog {
  readonly #clock: Clock;
  readonly #entries = new Map<string, PassedWindows>();

  /** @param waiting what waited in the outbox at the start, oldest first */
  constructor(clock: Clock, waiting: readonly KeptWindows[]) {
    this.#clock = clock;
    for (const one of waiting) this.#add(one, null);
  }

  /** Hears what the outbox made of these. */
  kept(items: readonly Append[], outcomes: readonly OfferOutcome[]): void {
    items.forEach((item, at) => {
      if (item.type === "message" && outcomes[at] === "kept") this.#add(item.message, this.#now());
    });
  }

  sent({ stream, epoch, seq }: Row): void {
    const entry = stream === "sealed" ? this.#entries.get(keyOf(epoch, seq)) : undefined;
    if (entry) entry.sentAtMs = this.#now();
  }

  proven({ stream, epoch, ranges }: Parameters<PassingLog["proven"]>[0]): void {
    if (stream !== "sealed") return;
    for (const entry of this.#entries.values()) {
      const covered =
        entry.epoch === epoch && ranges.some(([from, to]) => from <= entry.seq && entry.seq <= to);
      // What never went out is not proven, whatever an acknowledgement says.
      if (covered && entry.sentAtMs !== null) entry.provenAtMs ??= this.#now();
    }
  }

  /** Oldest first. @param waiting the newest that wait in the outbox, MOST_REMEMBERED of them */
  entries(waiting: readonly KeptWindows[]): ToldWindows[] {
    const inside = new Set(waiting.map(({ epoch, seq }) => keyOf(epoch, seq)));
    return [...this.#entries].map(([key, entry]) => ({
      ...entry,
      waits: inside.has(key) && !entry.provenAtMs,
    }));
  }

  /** A message that is offered again was kept before. */
  #add({ epoch, seq, endMs, lengths }: KeptWindows | SealedMessage, keptAtMs: number | null): void {
    const key = keyOf(epoch, seq);
    if (this.#entries.has(key)) return;
    this.#entries.set(key, { epoch, seq, endMs, lengths, keptAtMs, sentAtMs: null, provenAtMs: null });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MOST_REMEMBERED && oldest !== undefined) this.#entries.delete(oldest);
  }

  #now(): number {
    return Math.floor(this.#clock.realtime() / 1000) * 1000;
  }
}

const keyOf = (epoch: string, seq: number) => `${epoch}/${seq}`;
