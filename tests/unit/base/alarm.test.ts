import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alarmDueMs, stepAlarm, untoldAlarm } from "../../../src/base/alarm.ts";

const RULE = { raiseAfterMs: 60, clearAfterMs: 1000 };

/** What is told of sightings at times that rise. */
function told(sightings: readonly (readonly [atMs: number, seen: boolean])[]) {
  let state = untoldAlarm;
  return sightings.flatMap(([atMs, seen]) => {
    const step = stepAlarm(state, seen, atMs, RULE);
    state = step.state;
    return step.news ? [{ atMs, news: step.news }] : [];
  });
}

describe("an alarm", () => {
  it("is told once after a start, whichever way it stands", () => {
    const gone = [0, 999, 1000, 9000].map((atMs) => [atMs, false] as const);
    expect(told(gone)).toEqual([{ atMs: 1000, news: "cleared" }]);
    expect(told([...gone.slice(0, 2), [999, true], [1059, true], [9000, true]])).toEqual([
      { atMs: 1059, news: "raised" },
    ]);
  });

  it("is raised when it has been seen for long enough, and cleared when it was gone for long enough", () => {
    const seen = [0, 30, 60, 90].map((atMs) => [atMs, true] as const);
    const gone = [100, 600, 1099, 1100].map((atMs) => [atMs, false] as const);
    expect(told([...seen, ...gone])).toEqual([
      { atMs: 60, news: "raised" },
      { atMs: 1100, news: "cleared" },
    ]);
  });

  it("is not raised by what was seen for a moment, nor cleared while it comes back", () => {
    expect(
      told([
        [0, true],
        [30, false],
        [60, true],
        [110, false],
      ]),
    ).toEqual([]);
    const flapping = Array.from({ length: 50 }, (_, step) => [step * 500, step % 2 === 0] as const);
    expect(told([[0, true], [60, true], ...flapping.map(([at, is]) => [at + 100, is] as const)])).toEqual([
      { atMs: 60, news: "raised" },
    ]);
  });

  it("says when it wants to be looked at", () => {
    expect(alarmDueMs(untoldAlarm, RULE)).toBeNull();
    const seen = stepAlarm(untoldAlarm, true, 5, RULE).state;
    expect(alarmDueMs(seen, RULE)).toBe(65);
    const raised = stepAlarm(seen, true, 65, RULE).state;
    expect(alarmDueMs(raised, RULE)).toBeNull();
    expect(alarmDueMs(stepAlarm(raised, false, 70, RULE).state, RULE)).toBe(1070);
  });

  it("is told by turns, and raised at most once in the time that clearing takes, whatever is seen", () => {
    const sightings = fc.array(fc.tuple(fc.integer({ min: 0, max: 700 }), fc.boolean()), { maxLength: 80 });
    fc.assert(
      fc.property(sightings, (steps) => {
        let atMs = 0;
        const at = steps.map(([ms, seen]) => {
          atMs += ms;
          return [atMs, seen] as const;
        });
        const news = told(at);
        expect(news.filter((one, nth) => one.news === news[nth - 1]?.news)).toEqual([]);
        const raised = news.filter((one) => one.news === "raised").map((one) => one.atMs);
        for (const [nth, ms] of raised.slice(1).entries())
          expect(ms - (raised[nth] ?? 0)).toBeGreaterThanOrEqual(RULE.clearAfterMs);
      }),
    );
  });
});
