import { describe, expect, test } from "vitest";
import { eventMessage } from "../../src/contract/event.ts";
import type { Quota } from "../../src/forward/outbox/quota.ts";
import type { Outbox } from "../../src/forward/ports.ts";
import {
  ALL,
  ample,
  EPOCH_A,
  EPOCH_B,
  eventBodies,
  MINUTE,
  message,
  offer,
  offers,
  sealedRows,
  T0,
} from "../kit/outbox.ts";

/** What every outbox does, the real one and the one in memory. */
export function outboxContract(name: string, open: (quota: Quota) => Outbox): void {
  describe(`${name}: rows`, () => {
    test("a message that was appended can be leased, byte for byte, behind the event of its epoch", () => {
      const outbox = open(ample);
      expect(outbox.append([offer(message(0))], T0)).toEqual(["kept"]);
      const [event, row] = outbox.lease(ALL);
      expect(event?.topic).toBe("telpost/v1/denhaag/scheveningen/gw07/event");
      expect(row).toEqual({
        id: 2,
        stream: "sealed",
        topic: "telpost/v1/denhaag/scheveningen/gw07/sealed",
        epoch: EPOCH_A,
        seq: 0,
        atMs: T0 + MINUTE,
        payload: message(0).jws,
      });
    });

    test("a lease comes oldest first, within its bounds, and never twice", () => {
      const outbox = open(ample);
      outbox.append(offers(9), T0);
      const ids = (rows: readonly { id: number }[]) => rows.map(({ id }) => id);
      expect(ids(outbox.lease({ afterId: 2, upToId: 8, limit: 3 }))).toEqual([3, 4, 5]);
      expect(ids(outbox.lease({ afterId: 0, upToId: 8, limit: 4 }))).toEqual([1, 2, 6, 7]);
      expect(ids(outbox.lease(ALL))).toEqual([8, 9, 10]);
      expect(outbox.lease(ALL)).toEqual([]);
    });

    test("a released row and the rows of a lost connection can be leased again", () => {
      const outbox = open(ample);
      outbox.append(offers(2), T0);
      const [first] = outbox.lease(ALL);
      outbox.settle(first?.id ?? 0, "released");
      expect(outbox.lease(ALL)).toEqual([first]);
      outbox.releaseAll();
      expect(outbox.lease(ALL)).toHaveLength(3);
    });

    test("an accepted row is gone, at once and after the commit, and its id is never used again", () => {
      const outbox = open(ample);
      outbox.append(offers(1), T0);
      for (const { id } of outbox.lease(ALL)) outbox.settle(id, "accepted");
      expect(outbox.stats()).toMatchObject({ queued: 0, queuedBytes: 0, accepted: 2, oldestAtMs: null });
      outbox.tidy(T0);
      expect(outbox.stats()).toMatchObject({ queued: 0, accepted: 2, appended: 2, lastId: 2 });
      outbox.append([offer(message(1))], T0);
      expect(outbox.lease(ALL).map(({ id }) => id)).toEqual([3]);
    });

    test("the newest messages that wait are told, oldest first, and no event among them", () => {
      const outbox = open(ample);
      outbox.append(offers(4), T0);
      const seqs = (limit: number) => outbox.newestSealed(limit).map(({ seq }) => seq);
      expect([seqs(2), seqs(9)]).toEqual([
        [2, 3],
        [0, 1, 2, 3],
      ]);
      expect(outbox.newestSealed(1)).toMatchObject([
        { epoch: EPOCH_A, endMs: T0 + 4 * MINUTE, lengths: [60] },
      ]);
    });

    test("a verdict on a row that was not leased says nothing", () => {
      const outbox = open(ample);
      outbox.append(offers(1), T0);
      outbox.settle(2, "accepted");
      outbox.settle(99, "accepted");
      outbox.tidy(T0);
      expect(outbox.stats()).toMatchObject({ queued: 2, accepted: 0 });
    });

    test("the first verdict stands", () => {
      const outbox = open(ample);
      outbox.append(offers(1), T0);
      outbox.lease(ALL);
      outbox.settle(2, "rejected");
      outbox.settle(2, "accepted");
      expect(outbox.stats()).toMatchObject({ rejected: 1, accepted: 0, queued: 1 });
    });

    test("the oldest waiting row is told, decided ones left out", () => {
      const outbox = open(ample);
      outbox.append(offers(3), T0);
      outbox.lease(ALL);
      outbox.settle(1, "accepted");
      outbox.settle(2, "accepted");
      expect(outbox.stats().oldestAtMs).toBe(T0 + 2 * MINUTE);
    });

    test("the city settles by number: leased or not, once, and never what it does not name", () => {
      const outbox = open(ample);
      outbox.append(offers(6), T0);
      outbox.lease({ ...ALL, limit: 3 });
      const ranges = [
        [0, 1],
        [4, 4],
        [90, 99],
      ] as const;
      expect(outbox.settleNumbers("sealed", EPOCH_A, ranges)).toBe(3);
      expect(outbox.settleNumbers("sealed", EPOCH_A, ranges)).toBe(0);
      expect(outbox.settleNumbers("sealed", EPOCH_B, [[0, 9]])).toBe(0);
      expect(outbox.settleNumbers("event", EPOCH_A, [[0, 9]])).toBe(0);
      outbox.tidy(T0);
      outbox.releaseAll();
      expect(sealedRows(outbox).map(({ seq }) => seq)).toEqual([2, 3, 5]);
    });

    test("listeners hear of every commit that added rows, and of no other", () => {
      const outbox = open(ample);
      let heard = 0;
      outbox.onAppended(() => heard++);
      outbox.append(offers(2), T0);
      outbox.append(offers(2), T0);
      outbox.tidy(T0);
      outbox.append([offer(message(2))], T0);
      expect(heard).toBe(2);
    });
  });

  describe(`${name}: numbers`, () => {
    test("the same number and bytes are kept again without a second row, also when the row has gone", () => {
      const outbox = open(ample);
      outbox.append(offers(2), T0);
      expect(outbox.append(offers(2), T0)).toEqual(["kept", "kept"]);
      expect(outbox.stats().appended).toBe(3);
      outbox.settleNumbers("sealed", EPOCH_A, [[0, 1]]);
      outbox.tidy(T0);
      expect(outbox.append(offers(2), T0)).toEqual(["kept", "kept"]);
      expect(outbox.stats().appended).toBe(3);
    });

    test("other bytes under a known number are refused, declared once, and leave the first bytes", () => {
      const outbox = open(ample);
      outbox.append(offers(2), T0);
      const other = offer(message(1, { jws: "other" }));
      expect(outbox.append([other], T0)).toEqual(["same_number_other_bytes"]);
      expect(outbox.append([other, offer(message(1))], T0)).toEqual(["same_number_other_bytes", "kept"]);
      expect(sealedRows(outbox).map(({ payload }) => payload)).toEqual([message(0).jws, message(1).jws]);
      outbox.releaseAll();
      expect(eventBodies(outbox).slice(1)).toEqual([
        { kind: "conflict", what: "same_number_other_bytes", message: { epoch: EPOCH_A, seq: 1 } },
      ]);
    });

    test("other bytes under the last number are refused after the row has gone", () => {
      const outbox = open(ample);
      outbox.append(offers(2), T0);
      outbox.settleNumbers("sealed", EPOCH_A, [[0, 1]]);
      outbox.tidy(T0);
      expect(outbox.append([offer(message(1, { jws: "other" }))], T0)).toEqual(["same_number_other_bytes"]);
    });

    test("a window that does not end later than the last one kept of its length is refused for good, declared once", () => {
      const outbox = open(ample);
      outbox.append([offer(message(0, { lengths: [60, 300], endMs: T0 + 5 * MINUTE }))], T0);
      const again = offer(message(1, { endMs: T0 + 5 * MINUTE }));
      const oneOfTwo = offer(message(2, { lengths: [60, 300], endMs: T0 + 5 * MINUTE }));
      const fresh = offer(message(3, { lengths: [900], endMs: T0 + 5 * MINUTE }));
      expect(outbox.append([again, oneOfTwo, fresh], T0)).toEqual([
        "window_not_later",
        "window_not_later",
        "kept",
      ]);
      const relabelled = offer(message(1, { endMs: T0 + 60 * MINUTE }));
      expect(outbox.append([again, relabelled], T0)).toEqual(["window_not_later", "window_not_later"]);
      expect(eventBodies(outbox).slice(1)).toEqual([
        { kind: "conflict", what: "window_not_later", message: { epoch: EPOCH_A, seq: 1 } },
        { kind: "conflict", what: "window_not_later", message: { epoch: EPOCH_A, seq: 2 } },
      ]);
    });

    test("a new epoch cannot release a window again", () => {
      const outbox = open(ample);
      outbox.append(offers(3), T0);
      const again = offer(message(0, { epoch: EPOCH_B, endMs: T0 + 3 * MINUTE }));
      expect(outbox.append([again], T0)).toEqual(["window_not_later"]);
    });

    test("a change of epoch is declared with the last number kept of the one before", () => {
      const outbox = open(ample);
      outbox.append(offers(3), T0);
      outbox.append([offer(message(0, { epoch: EPOCH_B, endMs: T0 + 10 * MINUTE }))], T0);
      expect(eventBodies(outbox)).toEqual([
        { kind: "epoch", new: EPOCH_A, previous: null, lastSeqKept: null },
        { kind: "epoch", new: EPOCH_B, previous: EPOCH_A, lastSeqKept: 2 },
      ]);
    });

    test("an event of sense is kept once for each number of its epoch; one of forward's own always", () => {
      const outbox = open(ample);
      const event = { kind: "gap", reason: "power_cut" } as const;
      const from = (number: number) =>
        ({ type: "event", source: { epoch: EPOCH_A, number }, atMs: T0, event }) as const;
      outbox.append([from(0), from(1), from(1), from(0)], T0);
      outbox.append([from(1), { type: "event", source: null, atMs: T0, event }], T0);
      expect(outbox.stats().appended).toBe(3);
      expect(outbox.senseMemory(EPOCH_A)).toMatchObject({ lastEventKept: 1, lastSeqKept: null });
    });

    test("events carry the outbox's own epoch and numbers from 0, in the closed schema of the contract", () => {
      const outbox = open(ample);
      outbox.append(offers(1), T0 + 123);
      const windows = [{ seconds: 60, fromMs: T0, toMs: T0 + MINUTE }];
      const numbers = { epoch: EPOCH_A, ranges: [[4, 6]] } as const;
      const gap = { kind: "gap", reason: "handover_full", numbers, windows } as const;
      outbox.append([{ type: "event", source: null, atMs: T0, event: gap }], T0);
      const events = outbox.lease(ALL).filter(({ stream }) => stream === "event");
      const read = events.map(({ payload }) => eventMessage.parse(JSON.parse(payload)));
      expect(read.map(({ seq }) => seq)).toEqual([0, 1]);
      expect(read.map(({ at }) => at)).toEqual(["2026-07-18T14:00:00.123Z", "2026-07-18T14:00:00Z"]);
      expect(new Set(read.map(({ epoch }) => epoch)).size).toBe(1);
      expect(read[1]).toMatchObject({
        numbers: { epoch: EPOCH_A, ranges: [[4, 6]] },
        windows: [{ seconds: 60, from: "2026-07-18T14:00:00Z", to: "2026-07-18T14:01:00Z" }],
      });
    });
  });

  describe(`${name}: what sense is told`, () => {
    test("last numbers, last window ends and the newest baseline of each channel", () => {
      const outbox = open(ample);
      const baseline = (endMs: number, box: string) => ({ channel: "gate-3/in", endMs, box });
      outbox.append([offer(message(0, { lengths: [60, 300] }), [baseline(T0 + MINUTE, "one")])], T0);
      outbox.append([offer(message(1), [baseline(T0 + 2 * MINUTE, "two")])], T0);
      outbox.append([offer(message(0, { lengths: [60, 300] }), [baseline(T0 + MINUTE, "one")])], T0);
      expect(outbox.senseMemory(EPOCH_A)).toEqual({
        lastSeqKept: 1,
        lastEventKept: null,
        lastEnds: [
          { seconds: 60, endMs: T0 + 2 * MINUTE },
          { seconds: 300, endMs: T0 + MINUTE },
        ],
        baselines: [baseline(T0 + 2 * MINUTE, "two")],
        stoppedCleanly: false,
      });
      expect(outbox.senseMemory(EPOCH_B)).toMatchObject({ lastSeqKept: null, lastEventKept: null });
    });

    test("a refused message leaves ends and baselines as they were", () => {
      const outbox = open(ample);
      outbox.append(offers(3), T0);
      const baseline = { channel: "gate-3/in", endMs: T0 + 9 * MINUTE, box: "late" };
      outbox.append([offer(message(3, { endMs: T0 }), [baseline])], T0);
      expect(outbox.senseMemory(EPOCH_A)).toMatchObject({
        lastSeqKept: 2,
        lastEnds: [{ seconds: 60, endMs: T0 + 3 * MINUTE }],
        baselines: [],
      });
    });

    test("whether it said goodbye", () => {
      const outbox = open(ample);
      outbox.setStoppedCleanly(true);
      expect(outbox.senseMemory(EPOCH_A).stoppedCleanly).toBe(true);
      outbox.setStoppedCleanly(false);
      expect(outbox.senseMemory(EPOCH_A).stoppedCleanly).toBe(false);
    });
  });

  describe(`${name}: quota`, () => {
    const HOUR = 60 * MINUTE;

    test("sealed rows over age are dropped, oldest first, and declared in one event of the same commit", () => {
      const outbox = open({ ...ample, maxAgeMs: HOUR });
      outbox.append(offers(10), T0);
      outbox.tidy(T0 + HOUR + 4 * MINUTE);
      expect(sealedRows(outbox).map(({ seq }) => seq)).toEqual([3, 4, 5, 6, 7, 8, 9]);
      outbox.releaseAll();
      expect(eventBodies(outbox).at(-1)).toEqual({
        kind: "gap",
        reason: "max_age",
        numbers: { epoch: EPOCH_A, ranges: [[0, 2]] },
        windows: [{ seconds: 60, from: "2026-07-18T14:00:00Z", to: "2026-07-18T14:03:00Z" }],
      });
      expect(outbox.stats()).toMatchObject({ dropped: 3, appended: 12, queued: 9 });
    });

    test("rows over the size are dropped, oldest first; events stay, and each epoch is declared", () => {
      const outbox = open({ maxBytes: 8000, maxAgeMs: ample.maxAgeMs });
      outbox.append(offers(4), T0);
      const others = Array.from({ length: 18 }, (_, seq) =>
        offer(message(seq, { epoch: EPOCH_B, endMs: T0 + HOUR + seq * MINUTE })),
      );
      outbox.append(others, T0);
      const left = sealedRows(outbox);
      outbox.releaseAll();
      const gaps = eventBodies(outbox).filter(({ kind }) => kind === "gap");
      const lost = gaps.map(({ numbers }) => numbers as { epoch: string; ranges: [[number, number]] });
      expect(lost.map(({ epoch }) => epoch)).toEqual([EPOCH_A, EPOCH_B]);
      expect(lost[0]?.ranges).toEqual([[0, 3]]);
      expect(left.map(({ seq }) => seq)[0]).toBe((lost[1]?.ranges[0][1] ?? 0) + 1);
      expect(left.at(-1)?.seq).toBe(17);
      const bytes = left.reduce((sum, { topic, payload }) => sum + topic.length + payload.length + 128, 0);
      expect(bytes).toBeLessThanOrEqual((8000 * 15) / 16);
      expect(outbox.stats()).toMatchObject({ appended: 26, dropped: 22 - left.length });
    });

    test("a verdict on a row that was dropped meanwhile is ignored", () => {
      const outbox = open({ ...ample, maxAgeMs: HOUR });
      outbox.append(offers(2), T0);
      const leased = outbox.lease(ALL);
      outbox.tidy(T0 + HOUR + 10 * MINUTE);
      for (const { id } of leased) outbox.settle(id, "accepted");
      outbox.tidy(T0 + HOUR + 10 * MINUTE);
      expect(outbox.stats()).toMatchObject({ appended: 4, accepted: 1, dropped: 2, queued: 1 });
    });

    test("a row proven before the commit that would drop it counts as accepted and is not declared", () => {
      const outbox = open({ ...ample, maxAgeMs: HOUR });
      outbox.append(offers(2), T0);
      outbox.settleNumbers("sealed", EPOCH_A, [[0, 1]]);
      outbox.tidy(T0 + HOUR + 10 * MINUTE);
      expect(outbox.stats()).toMatchObject({ accepted: 2, dropped: 0, queued: 1 });
    });

    test("events outlive rows: they go at twice the age, declared by their own numbers", () => {
      const outbox = open({ ...ample, maxAgeMs: HOUR });
      outbox.append(offers(1), T0);
      outbox.tidy(T0 + 2 * HOUR);
      expect(eventBodies(outbox)).toHaveLength(2);
      outbox.releaseAll();
      outbox.tidy(T0 + 2 * HOUR + MINUTE);
      const [gap, eventGap] = eventBodies(outbox);
      expect(gap).toMatchObject({ kind: "gap", numbers: { epoch: EPOCH_A } });
      expect(eventGap).toMatchObject({ kind: "gap", reason: "max_age", numbers: { ranges: [[0, 0]] } });
    });
  });
}
