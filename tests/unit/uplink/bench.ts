import { expect } from "vitest";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { type CoreOptions, PumpCore } from "../../../src/forward/uplink/core.ts";
import type { Note, Send } from "../../../src/forward/uplink/flow.ts";
import { TinyOutbox } from "../../kit/tiny-outbox.ts";

export const START = Date.UTC(2026, 6, 18, 14);
export const DAY = 86_400_000;
export const EPOCH = "0123456789abcdef";
export const OFFSET = 300;

/** A core with its outbox on a virtual clock; the test plays the broker. */
function bench(options: Partial<CoreOptions> = {}, window = 100) {
  const clock = new VirtualClock(START);
  const outbox = new TinyOutbox();
  const core = new PumpCore(outbox, {
    proof: "broker",
    maxAgeMs: 30 * DAY,
    backlogPerSecond: 10_000,
    offsetMs: OFFSET,
    ...options,
  });
  const proven = new Set<number>();
  const moment = () => ({ monoMs: clock.monotonic(), nowMs: clock.realtime(), clockSynced: true });
  const next = () => {
    const sends: Send[] = [];
    core.next(moment(), (one) => sends.push(one));
    return sends;
  };
  return {
    clock,
    outbox,
    core,
    proven,
    next,
    ids: () => next().map(({ row }) => row.id),
    connect: () => core.connected(window, moment()),
    answer(id: number, code: number): Note | null {
      if (code === 0 && options.proof !== "city") proven.add(id);
      return core.answered(id, code, moment());
    },
    cityHas(from: number, to: number): boolean {
      for (let seq = from; seq <= to; seq++) proven.add(seq + 1);
      return core.cityAcknowledged({ stream: "sealed", epoch: EPOCH, ranges: [[from, to]] }, moment());
    },
    lost: () => core.lost(moment()),
    old: (count: number) => {
      for (let n = 0; n < count; n++) outbox.add({ seq: outbox.stats().lastId, atMs: START - 3_600_000 });
    },
    live: (atMs = clock.realtime()) => {
      const { id } = outbox.add({ seq: outbox.stats().lastId, atMs });
      core.appended();
      return id;
    },
  };
}

export type Bench = ReturnType<typeof bench>;
let current: Bench | undefined;
export function make(...args: Parameters<typeof bench>): Bench {
  current = bench(...args);
  return current;
}

/** The law of every test here, for afterEach: only what was proven has left the outbox. */
export function checkLaw(): void {
  const { outbox, proven } = current ?? bench();
  const { queued, accepted, rejected, appended } = outbox.stats();
  expect(outbox.acceptedIds.filter((id) => !proven.has(id))).toEqual([]);
  expect(queued + accepted + rejected).toBe(appended);
  expect(rejected).toBe(0);
}

export function momentOf({ clock }: Bench) {
  return { monoMs: clock.monotonic(), nowMs: clock.realtime(), clockSynced: true };
}
