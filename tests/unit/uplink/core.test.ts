import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { type CoreOptions, PumpCore } from "../../../src/forward/uplink/core.ts";
import type { Note, Send } from "../../../src/forward/uplink/flow.ts";
import { TinyOutbox } from "../../kit/tiny-outbox.ts";

const START = Date.UTC(2026, 6, 18, 14);
const DAY = 86_400_000;
const EPOCH = "0123456789abcdef";
const OFFSET = 300;

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

type Bench = ReturnType<typeof bench>;
let current: Bench | undefined;
function make(...args: Parameters<typeof bench>): Bench {
  current = bench(...args);
  return current;
}

/** The law of every test here: only what was proven has left the outbox. */
afterEach(() => {
  const { outbox, proven } = current ?? bench();
  const { queued, accepted, rejected, appended } = outbox.stats();
  expect(outbox.acceptedIds.filter((id) => !proven.has(id))).toEqual([]);
  expect(queued + accepted + rejected).toBe(appended);
  expect(rejected).toBe(0);
});

describe("the pump's core", () => {
  it("publishes what is live before the backlog, and the backlog oldest first with the mark late", () => {
    const b = make({}, 3);
    b.old(5);
    b.connect();
    const live = b.live(START - 10_000);
    expect(b.next().map(({ row, late }) => [row.id, late])).toEqual([
      [live, false],
      [1, true],
      [2, true],
    ]);
  });

  it("never has more in flight than the window, and goes on with each answer", () => {
    const b = make({}, 2);
    b.old(4);
    b.connect();
    expect(b.ids()).toEqual([1, 2]);
    expect(b.ids()).toEqual([]);
    b.answer(1, 0);
    expect(b.ids()).toEqual([3]);
    expect(b.outbox.acceptedIds).toEqual([1]);
  });

  it("publishes a live sealed message at its fixed time, whenever in between it came", () => {
    const b = make();
    b.connect();
    for (const cameAfterMs of [0, 17, 100, 549]) {
      const end = b.clock.realtime();
      b.clock.advance(cameAfterMs);
      const id = b.live(end);
      expect(b.ids()).toEqual([]);
      const wake = b.core.wakeAtMs() ?? 0;
      b.clock.advanceTo(wake);
      expect([b.clock.realtime() - end, b.ids()]).toEqual([250 + OFFSET, [id]]);
      b.answer(id, 0);
    }
  });

  it("publishes at once what is older than its time, and every event", () => {
    const b = make();
    b.connect();
    const late = b.live(START - 551);
    const event = b.outbox.add({ stream: "event", seq: 0, atMs: START }).id;
    expect(b.ids()).toEqual([late, event]);
  });

  it("waits no longer than the delay when the clock was stepped back", () => {
    const b = make();
    b.connect();
    const id = b.live(START + DAY);
    expect(b.ids()).toEqual([]);
    b.clock.advance(250 + OFFSET);
    expect(b.ids()).toEqual([id]);
  });

  it("paces the backlog on the clock, and does not make live rows pay for it", () => {
    const b = make({ backlogPerSecond: 10 }, 1000);
    b.old(1000);
    b.connect();
    let old = b.ids().length;
    for (let step = 0; step < 100; step++) {
      b.clock.advanceTo(b.core.wakeAtMs() ?? 0);
      old += b.ids().length;
    }
    expect(old).toBe(2 + 100);
    expect(b.clock.monotonic()).toBe(100 * 100);
    const live = b.live(START - 10_000);
    expect(b.ids()).toEqual([live]);
  });

  it("tells the rest of a row's life, and does not publish what is over its age", () => {
    const b = make({ maxAgeMs: 3_700_000 });
    b.old(1);
    b.connect();
    expect(b.next()[0]?.expirySeconds).toBe(100);
    b.lost();
    b.clock.advance(100_000);
    b.connect();
    expect(b.ids()).toEqual([]);
    expect(b.outbox.stats().queued).toBe(1);
  });
});

describe("a broker without a subscriber (0x10)", () => {
  it("keeps every row, tries one every ten seconds, says so once, and goes on from the oldest", () => {
    const b = make({}, 3);
    b.old(6);
    b.connect();
    const notes = b.ids().map((id) => b.answer(id, 0x10));
    expect(notes.map((note) => note?.what)).toEqual(["slow", undefined, undefined]);
    expect([b.ids(), b.core.trouble]).toEqual([[], "broker.no_subscriber"]);
    for (let tries = 0; tries < 5; tries++) {
      b.clock.advance(9_999);
      expect(b.ids()).toEqual([]);
      b.clock.advance(1);
      expect(b.ids()).toEqual([1]);
      expect(b.answer(1, 0x10)).toBe(null);
    }
    expect(b.outbox.stats().queued).toBe(6);
    b.clock.advance(10_000);
    expect(b.ids()).toEqual([1]);
    b.answer(1, 0);
    expect([b.core.trouble, b.ids()]).toEqual([null, [2, 3, 4]]);
  });

  it("does not hold up another topic", () => {
    const b = make({}, 1);
    b.old(3);
    const event = b.outbox.add({ stream: "event", seq: 0, atMs: START - 1000 }).id;
    b.connect();
    expect(b.ids()).toEqual([1]);
    b.answer(1, 0x10);
    expect(b.ids()).toEqual([event]);
  });
});

describe("a denied topic (0x87)", () => {
  it("holds its rows with growing waits and says so once, also over reconnects", () => {
    const b = make();
    b.old(2);
    b.connect();
    expect(b.ids().map((id) => b.answer(id, 0x87))[0]).toMatchObject({ code: "broker.denied" });
    const waits: number[] = [];
    for (let tries = 0; tries < 8; tries++) {
      const before = b.clock.monotonic();
      b.clock.advanceTo(b.core.wakeAtMs() ?? before);
      expect(b.ids()).toEqual([1]);
      waits.push((b.clock.monotonic() - before) / 1000);
      expect(b.answer(1, 0x87)).toBe(null);
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 320, 600, 600]);
    b.lost();
    b.connect();
    expect(b.ids()).toEqual([]);
    b.clock.advance(600_000);
    expect(b.ids().map((id) => b.answer(id, 0x87))).toEqual([null]);
    expect(b.outbox.stats().queued).toBe(2);
  });

  it("does not hold up another topic when the broker also ends the connection", () => {
    const b = make({}, 3);
    b.old(5);
    const event = b.outbox.add({ stream: "event", seq: 0, atMs: START - 1000 }).id;
    b.connect();
    b.answer(b.ids()[0] ?? 0, 0x87);
    b.lost();
    b.connect();
    expect(b.ids()).toEqual([event]);
    b.answer(event, 0);
    b.clock.advance(10_000);
    expect(b.ids()).toEqual([1]);
    b.lost();
    b.connect();
    expect(b.ids()).toEqual([1]);
    b.answer(1, 0);
    expect(b.ids()).toEqual([2, 3, 4]);
  });
});

describe("a message the broker does not want (0x99)", () => {
  it("is set aside and announced, tries alone after an hour, and never blocks the others", () => {
    const b = make({}, 2);
    b.old(4);
    b.connect();
    expect(b.ids()).toEqual([1, 2]);
    expect(b.answer(1, 0x99)).toMatchObject({ what: "aside", reasonCode: 0x99 });
    b.answer(2, 0);
    expect(b.ids()).toEqual([3, 4]);
    b.clock.advance(3_600_000);
    expect(b.ids()).toEqual([]);
    b.answer(3, 0);
    expect(b.ids()).toEqual([]);
    b.answer(4, 0);
    b.old(1);
    b.core.appended();
    expect(b.ids()).toEqual([1]);
    b.answer(1, 0);
    expect(b.ids()).toEqual([5]);
    b.answer(5, 0);
    expect(b.outbox.stats().queued).toBe(0);
  });

  it("makes the topic slow, and not the memory large, when it is every message", () => {
    const b = make({}, 1000);
    b.old(200);
    b.connect();
    for (let batch = b.ids(); batch.length > 0; batch = b.ids()) for (const id of batch) b.answer(id, 0x99);
    expect(b.outbox.leased.size).toBeLessThan(40);
    expect(b.outbox.stats().queued).toBe(200);
  });
});

describe("a quota (0x97)", () => {
  it("slows the topic down for a second, then two", () => {
    const b = make();
    b.old(1);
    b.connect();
    const waits = [0x97, 0x97, 0x97].map((code) => {
      for (const id of b.ids()) b.answer(id, code);
      const waitMs = (b.core.wakeAtMs() ?? 0) - b.clock.monotonic();
      b.clock.advance(waitMs);
      return waitMs;
    });
    expect(waits).toEqual([1000, 2000, 4000]);
  });
});

describe("a poison message", () => {
  /** Publishes until the connection dies on `poison`, as a broker would end it. */
  function session(b: Bench, poison: readonly number[]): Note | null {
    b.connect();
    for (let batch = b.ids(); batch.length > 0; batch = b.ids()) {
      if (batch.some((id) => poison.includes(id))) return b.lost();
      for (const id of batch) b.answer(id, 0);
    }
    return null;
  }

  it("is found by itself after three deaths, set aside, and everything else is delivered", () => {
    const b = make({}, 10);
    b.old(30);
    const notes = Array.from({ length: 6 }, () => session(b, [14]));
    expect(notes.filter(Boolean)).toMatchObject([{ what: "aside", row: { id: 14 }, reasonCode: null }]);
    expect([...b.outbox.rows.keys()]).toEqual([14]);
    b.clock.advance(3_600_000);
    expect(b.ids()).toEqual([14]);
    b.answer(14, 0);
    expect(b.outbox.stats().queued).toBe(0);
  });

  it("stays set aside when it kills again an hour later, and blames nobody else", () => {
    const b = make({}, 10);
    b.old(3);
    for (let times = 0; times < 6; times++) session(b, [1]);
    expect([...b.outbox.rows.keys()]).toEqual([1]);
    b.clock.advance(3_600_000);
    b.old(2);
    expect(session(b, [1])).toMatchObject({ what: "aside", row: { id: 1 } });
    expect(session(b, [1])).toBe(null);
    expect([...b.outbox.rows.keys()]).toEqual([1]);
  });

  it("is not what a broker is blamed for that dies on everything: nothing stays set aside for long", () => {
    const b = make({}, 2);
    b.old(8);
    const all = Array.from({ length: 8 }, (_, n) => n + 1);
    for (let times = 0; times < 40; times++) session(b, all);
    for (let times = 0; times < 20; times++) session(b, []);
    b.clock.advance(3_600_000);
    session(b, []);
    expect(b.outbox.stats().queued).toBe(0);
  });
});

describe("proof by the city", () => {
  it("keeps a row leased after PUBACK until the city's acknowledgement covers it", () => {
    const b = make({ proof: "city" });
    b.old(3);
    b.connect();
    for (const id of b.ids()) b.answer(id, 0);
    expect(b.outbox.stats().queued).toBe(3);
    expect(b.cityHas(0, 1)).toBe(true);
    expect([...b.outbox.rows.keys()]).toEqual([3]);
  });

  it("publishes again after a minute without the city's word, and not before", () => {
    const b = make({ proof: "city" });
    b.old(2);
    b.connect();
    for (const id of b.ids()) b.answer(id, 0);
    b.cityHas(0, 0);
    b.clock.advance(59_999);
    expect(b.ids()).toEqual([]);
    b.clock.advance(1);
    expect(b.ids()).toEqual([2]);
  });

  it("takes the city's word for a row sent on a connection that is gone", () => {
    const b = make({ proof: "city" });
    b.old(1);
    b.connect();
    b.ids();
    b.lost();
    b.connect();
    b.cityHas(0, 0);
    expect(b.outbox.stats().queued).toBe(0);
  });

  it("ignores the city's word for what was never sent", () => {
    const b = make({ proof: "city" }, 1);
    b.old(3);
    b.connect();
    expect(b.ids()).toEqual([1]);
    expect(b.core.cityAcknowledged({ stream: "sealed", epoch: EPOCH, ranges: [[1, 9]] }, momentOf(b))).toBe(
      false,
    );
    expect(b.core.cityAcknowledged({ stream: "event", epoch: EPOCH, ranges: [[0, 0]] }, momentOf(b))).toBe(
      false,
    );
    expect(b.outbox.stats().queued).toBe(3);
  });

  it("takes an acknowledgement that comes before the PUBACK", () => {
    const b = make({ proof: "city" }, 1);
    b.old(2);
    b.connect();
    b.ids();
    b.cityHas(0, 0);
    b.answer(1, 0);
    expect(b.ids()).toEqual([2]);
  });

  it("does not run ahead of a city that says nothing, and leaves room for live rows", () => {
    const b = make({ proof: "city" }, 100);
    b.old(900);
    b.connect();
    for (let step = 0; step < 100; step++) {
      for (const id of b.ids()) b.answer(id, 0);
      b.clock.advance(10);
    }
    expect(b.outbox.leased.size).toBeLessThan(900);
    const live = b.live(START - 10_000);
    expect(b.ids()).toEqual([live]);
  });
});

function momentOf({ clock }: Bench) {
  return { monoMs: clock.monotonic(), nowMs: clock.realtime(), clockSynced: true };
}

describe("any history of a broker", () => {
  const code = fc.constantFrom(0, 0, 0, 0x10, 0x87, 0x97, 0x99, 0x83);
  const step = fc.oneof(
    fc.record({ do: fc.constant("answer" as const), code, pick: fc.nat(9) }),
    fc.record({ do: fc.constant("advance" as const), ms: fc.nat(100_000) }),
    fc.record({ do: fc.constant("append" as const), stream: fc.constantFrom("sealed", "event") }),
    fc.record({ do: fc.constant("die" as const) }),
    fc.record({ do: fc.constant("city" as const), from: fc.nat(20), length: fc.nat(5) }),
  );

  it("settles nothing without proof, and delivers everything once the broker is well again", () => {
    const history = fc.array(step, { maxLength: 120 });
    fc.assert(fc.property(history, fc.constantFrom("broker", "city"), fc.integer({ min: 1, max: 5 }), play), {
      numRuns: 300,
    });
  });

  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  function play(history: Step[], proof: "broker" | "city", window: number): void {
    const b = make({ proof }, window);
    const out: number[] = [];
    const sent = new Set<number>();
    const pump = () => {
      for (const id of b.ids()) {
        out.push(id);
        sent.add(id);
      }
    };
    b.connect();
    for (const one of history) {
      if (one.do === "answer") answerOne(out[one.pick % Math.max(1, out.length)], one.code);
      if (one.do === "advance") b.clock.advance(one.ms);
      if (one.do === "append") {
        b.outbox.add({
          stream: one.stream as "sealed" | "event",
          seq: b.outbox.stats().lastId,
          atMs: b.clock.realtime(),
        });
        b.core.appended();
      }
      if (one.do === "city" && proof === "city") cityAnswers(one.from, one.from + one.length);
      if (one.do === "die") {
        b.lost();
        out.length = 0;
        b.connect();
      }
      pump();
      expect(out.length).toBeLessThanOrEqual(window);
      for (const id of b.outbox.acceptedIds) expect(b.proven.has(id)).toBe(true);
    }
    recover();
    expect(b.outbox.stats().queued).toBe(0);

    function answerOne(id: number | undefined, reasonCode: number): void {
      if (id === undefined) return;
      out.splice(out.indexOf(id), 1);
      b.answer(id, reasonCode);
    }

    /** The city's word counts for what it was really sent. */
    function cityAnswers(from: number, to: number): void {
      const moment = momentOf(b);
      for (const stream of ["sealed", "event"] as const) {
        for (const row of b.outbox.rows.values()) {
          if (sent.has(row.id) && row.stream === stream && row.seq >= from && row.seq <= to)
            b.proven.add(row.id);
        }
        b.core.cityAcknowledged({ stream, epoch: EPOCH, ranges: [[from, to]] }, moment);
      }
    }

    function recover(): void {
      for (let turns = 0; turns < 400 && b.outbox.stats().queued > 0; turns++) {
        for (const id of out.splice(0)) b.answer(id, 0);
        if (proof === "city") cityAnswers(0, 1000);
        pump();
        if (out.length > 0) continue;
        const wake = b.core.wakeAtMs();
        if (wake !== undefined) b.clock.advanceTo(wake);
        pump();
      }
    }
  }
});
