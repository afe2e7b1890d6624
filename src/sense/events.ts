import type { UnkeptEvent } from "../handover/sense-end.ts";
import type { GatewayEvent } from "../model.ts";
import type { CrashState } from "./resume.ts";

/** Gap events are few; so many at once means that forward has been away for very long and things keep going wrong. */
const MOST_EVENTS = 200;

/** What sense has to declare, until forward keeps it. Part of the crash state. */
export class EventQueue {
  readonly #epoch: string;
  readonly #events: UnkeptEvent[];
  #next: number;

  constructor({ epoch, nextEvent, events }: Pick<CrashState, "epoch" | "nextEvent" | "events">) {
    this.#epoch = epoch;
    this.#next = nextEvent;
    this.#events = events.map((event) => ({ epoch, ...event }));
  }

  /** @param atMs wall time, ms since the Unix epoch */
  add(event: GatewayEvent, atMs: number): void {
    const last = this.#events.at(-1);
    const merged = last && this.#events.length >= MOST_EVENTS ? mergeGaps(last.event, event) : undefined;
    if (last && merged) this.#events[this.#events.length - 1] = { ...last, event: merged };
    else this.#events.push({ epoch: this.#epoch, number: this.#next++, atMs: Math.round(atMs), event });
    // Gaps merge; of anything else the oldest goes first.
    if (this.#events.length > MOST_EVENTS) this.#events.splice(this.#oldestThatMayGo(), 1);
  }

  unkept(): readonly UnkeptEvent[] {
    return this.#events;
  }

  forget(epoch: string, number: number): void {
    const index = this.#events.findIndex((one) => one.epoch === epoch && one.number === number);
    if (index >= 0) this.#events.splice(index, 1);
  }

  snapshot(): Pick<CrashState, "nextEvent" | "events"> {
    const events = this.#events.map(({ number, atMs, event }) => ({
      number,
      atMs,
      event,
    })) as CrashState["events"];
    return { nextEvent: this.#next, events };
  }

  #oldestThatMayGo(): number {
    const index = this.#events.findIndex(({ event }) => event.kind !== "gap");
    return Math.max(0, index);
  }
}

/** One gap that covers both, when they have the same reason and name windows of the same lengths only. */
function mergeGaps(a: GatewayEvent, b: GatewayEvent): GatewayEvent | undefined {
  if (a.kind !== "gap" || b.kind !== "gap" || a.reason !== b.reason || a.numbers || b.numbers)
    return undefined;
  const windows = [...(a.windows ?? [])];
  for (const range of b.windows ?? []) {
    const index = windows.findIndex(({ seconds }) => seconds === range.seconds);
    const known = windows[index];
    if (!known) windows.push(range);
    else
      windows[index] = {
        ...known,
        fromMs: Math.min(known.fromMs, range.fromMs),
        toMs: Math.max(known.toMs, range.toMs),
      };
  }
  return { kind: "gap", reason: a.reason, windows };
}
