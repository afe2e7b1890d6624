import type { UnkeptEvent } from "../handover/sense-end.ts";
import type { GapReason, GatewayEvent } from "../model.ts";
import type { CrashState } from "./resume.ts";
import type { Dropped } from "./unsealed.ts";

/** Gap events are few; so many at once means that forward has been away for very long and things keep going wrong. */
const MOST_EVENTS = 200;
/** What one event of the handover holds. */
const MOST_RANGES = 256;

type Gap = Extract<GatewayEvent, { kind: "gap" }>;

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
    // A gap joins the newest one of its reason when there are many: loss is data and is never dropped.
    const many = this.#events.length >= MOST_EVENTS;
    const index = many ? this.#events.findLastIndex((one) => mergeGaps(one.event, event)) : -1;
    const [known] = index >= 0 ? this.#events.splice(index, 1) : [];
    const told = (known && mergeGaps(known.event, event)) ?? event;
    // A new number, because forward may have kept the old one already: told twice is better than not at all.
    this.#events.push({ epoch: this.#epoch, number: this.#next++, atMs: Math.round(atMs), event: told });
    if (this.#events.length > MOST_EVENTS) this.#dropOldest();
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

  /** Of anything but a gap the oldest goes; gaps that cannot be merged stay, there are only so many reasons. */
  #dropOldest(): void {
    const index = this.#events.findIndex(({ event }) => event.kind !== "gap");
    if (index >= 0) this.#events.splice(index, 1);
  }
}

/** One gap that covers both, when they have the same reason and their numbers can be told together. */
function mergeGaps(a: GatewayEvent, b: GatewayEvent): Gap | undefined {
  if (a.kind !== "gap" || b.kind !== "gap" || a.reason !== b.reason) return undefined;
  const numbers = mergeNumbers(a.numbers, b.numbers);
  if (numbers === undefined) return undefined;
  return {
    kind: "gap",
    reason: a.reason,
    windows: mergeWindows(a.windows, b.windows),
    ...(numbers ? { numbers } : {}),
  };
}

/** null: neither has numbers; undefined: they cannot be told together. */
function mergeNumbers(a: Gap["numbers"], b: Gap["numbers"]): NonNullable<Gap["numbers"]> | null | undefined {
  if (!a && !b) return null;
  if (!a || !b || a.epoch !== b.epoch) return undefined;
  const ranges: [number, number][] = [];
  for (const [from, to] of [...a.ranges, ...b.ranges].sort(([one], [other]) => one - other)) {
    const last = ranges.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else ranges.push([from, to]);
  }
  return ranges.length <= MOST_RANGES ? { epoch: a.epoch, ranges } : undefined;
}

function mergeWindows(a: Gap["windows"] = [], b: Gap["windows"] = []): NonNullable<Gap["windows"]> {
  const windows = [...a];
  for (const range of b) {
    const index = windows.findIndex(({ seconds }) => seconds === range.seconds);
    const known = windows[index];
    if (!known) windows.push(range);
    else {
      const { fromMs, toMs } = range;
      windows[index] = { ...known, fromMs: Math.min(known.fromMs, fromMs), toMs: Math.max(known.toMs, toMs) };
    }
  }
  return windows;
}

/** What is told of windows that will never come. */
export function gapOf(reason: GapReason, { endMs, lengths, number }: Dropped): GatewayEvent {
  const windows = lengths.map((seconds) => ({ seconds, fromMs: endMs - seconds * 1000, toMs: endMs }));
  if (!number) return { kind: "gap", reason, windows };
  return {
    kind: "gap",
    reason,
    windows,
    numbers: { epoch: number.epoch, ranges: [[number.seq, number.seq]] },
  };
}
