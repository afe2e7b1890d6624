import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { checkLaw, EPOCH, make, momentOf } from "./bench.ts";

afterEach(checkLaw);

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
