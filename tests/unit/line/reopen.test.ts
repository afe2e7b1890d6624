import fc from "fast-check";
import { expect, test } from "vitest";
import {
  REOPEN_PACE,
  type ReopenEvent,
  type ReopenState,
  reopen,
  STEADY_MS,
} from "../../../src/sense/line/reopen.ts";

const longest = (limit: number) => limit;
const idle: ReopenState = { phase: "idle" };

function run(events: readonly [ReopenEvent, number][], from: ReopenState = idle) {
  let step = reopen(from, "due", 0, longest);
  for (const [event, atMs] of events) step = reopen(step.state, event, atMs, longest);
  return step;
}

test("a start opens, and a failed opening waits before the next", () => {
  expect(run([["start", 0]]).do).toBe("open");
  const failed = run([
    ["start", 0],
    ["failed", 1],
  ]);
  expect(failed).toMatchObject({ do: "wait", waitMs: 250 });
  expect(reopen(failed.state, "due", 251, longest).do).toBe("open");
});

test("the wait doubles with each failure up to ten seconds", () => {
  const waits: number[] = [];
  let state = run([["start", 0]]).state;
  for (let attempt = 0; attempt < 8; attempt++) {
    const step = reopen(state, "failed", 0, longest);
    if (step.do === "wait") waits.push(step.waitMs);
    state = reopen(step.state, "due", 0, longest).state;
  }
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test("the wait is drawn from the whole range below its limit", () => {
  const limits: number[] = [];
  const step = reopen({ phase: "opening", failures: 2 }, "failed", 0, (limit) => {
    limits.push(limit);
    return 17;
  });
  expect(step).toMatchObject({ do: "wait", waitMs: 17 });
  expect(limits).toEqual([REOPEN_PACE.firstMs * 4]);
});

test("a device that stayed open long enough starts a fresh back-off", () => {
  const open: ReopenState = { phase: "open", failures: 6, sinceMs: 1000 };
  expect(reopen(open, "lost", 1000 + STEADY_MS, longest)).toMatchObject({ waitMs: 250 });
});

test("a device that opens and fails at once slows down like one that does not open", () => {
  const open: ReopenState = { phase: "open", failures: 6, sinceMs: 1000 };
  expect(reopen(open, "lost", 999 + STEADY_MS, longest)).toMatchObject({
    waitMs: 10_000,
    state: { failures: 7 },
  });
});

test("nothing brings a stopped line back, and it never opens twice at once", () => {
  const event = fc.constantFrom<ReopenEvent>("start", "opened", "failed", "lost", "due", "stop");
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      let state: ReopenState = idle;
      let openings = 0;
      for (const [at, one] of events.entries()) {
        const from: ReopenState["phase"] = state.phase;
        const step = reopen(state, one, at, longest);
        state = step.state;
        if (step.do === "open") openings++;
        if (step.do === "open") expect(["idle", "waiting"]).toContain(from);
        if (from === "opening" && (one === "opened" || one === "failed")) openings--;
        if (from === "opening" && one === "stop") openings--;
        if (from === "stopped") expect(step).toEqual({ state: { phase: "stopped" }, do: "none" });
        expect(openings).toBe(state.phase === "opening" ? 1 : 0);
      }
    }),
  );
});
