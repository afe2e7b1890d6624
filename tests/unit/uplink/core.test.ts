import { afterEach, describe, expect, it } from "vitest";
import { checkLaw, DAY, make, OFFSET, START } from "./bench.ts";

afterEach(checkLaw);

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
