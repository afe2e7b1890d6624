import { afterEach, describe, expect, it } from "vitest";
import type { Note } from "../../../src/forward/uplink/flow.ts";
import { type Bench, checkLaw, make, START } from "./bench.ts";

afterEach(checkLaw);

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
    expect(b.outbox.leased.size).toBeLessThanOrEqual(3);
    for (let times = 0; times < 20; times++) session(b, []);
    b.clock.advance(3_600_000);
    session(b, []);
    expect(b.outbox.stats().queued).toBe(0);
  });
});
