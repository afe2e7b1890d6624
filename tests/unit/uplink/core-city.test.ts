import { afterEach, describe, expect, it } from "vitest";
import { checkLaw, EPOCH, make, momentOf, START } from "./bench.ts";

afterEach(checkLaw);

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

  it("settles of a wide acknowledgement only what was sent", () => {
    const b = make({ proof: "city" }, 1);
    b.old(3);
    b.connect();
    expect(b.ids()).toEqual([1]);
    b.proven.add(1);
    const ack = { stream: "sealed" as const, epoch: EPOCH, ranges: [[0, 9]] as [number, number][] };
    expect(b.core.cityAcknowledged(ack, momentOf(b))).toBe(false);
    expect([...b.outbox.rows.keys()]).toEqual([2, 3]);
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
