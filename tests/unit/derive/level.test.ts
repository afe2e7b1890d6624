import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CROWD_LEVELS } from "../../../src/model.ts";
import { judged, type LevelState, NO_LEVEL } from "../../../src/sense/derive/level.ts";

const RULE = {
  thresholds: {
    busy: { from: 40, below: 30 },
    crowded: { from: 80, below: 60 },
    critical: { from: 120, below: 100 },
  },
  riseWindows: 1,
  fallWindows: 1,
};

/** The levels of windows with these numbers, one after the other. */
function levels(numbers: readonly (number | null)[], rule: Partial<typeof RULE> = {}): LevelState["level"][] {
  let state = NO_LEVEL;
  return numbers.map((number) => {
    state = judged(state, number, { ...RULE, ...rule });
    return state.level;
  });
}

describe("a level", () => {
  it("is reached at its threshold, and the first number is believed at once, however many windows a rise needs", () => {
    for (const [number, level] of [
      [-3, "free"],
      [39, "free"],
      [40, "busy"],
      [80, "crowded"],
      [119, "crowded"],
      [120, "critical"],
    ] as const)
      expect(levels([number], { riseWindows: 5 })).toEqual([level]);
  });

  it("stays between the two thresholds, and leaves below the lower one", () => {
    expect(levels([79, 80, 60, 79, 59, 60, 79, 29, 30, 39, 40])).toEqual([
      ...["busy", "crowded", "crowded", "crowded", "busy", "busy", "busy", "free", "free", "free", "busy"],
    ]);
  });

  it("falls past each level whose lower threshold it is under, and rises past each it reaches", () => {
    expect(levels([130, 0, 130, 59, 29])).toEqual(["critical", "free", "critical", "busy", "free"]);
  });

  it("changes after so many windows in a row that agree, to what all of them agree on", () => {
    expect(levels([0, 130, 85, 85], { riseWindows: 3 })).toEqual(["free", "free", "free", "crowded"]);
    expect(levels([0, 85, 0, 85, 85], { riseWindows: 2 })).toEqual([
      "free",
      "free",
      "free",
      "free",
      "crowded",
    ]);
    expect(levels([130, 0, 65], { fallWindows: 2 })).toEqual(["critical", "critical", "crowded"]);
    expect(levels([130, 0, 110, 0, 0], { fallWindows: 2 })).toEqual([
      ...["critical", "critical", "critical", "critical", "free"],
    ]);
    expect(levels([50, 85, 0, 85], { riseWindows: 2, fallWindows: 2 })).toEqual([
      "busy",
      "busy",
      "busy",
      "busy",
    ]);
  });

  it("is kept through a window that was not measured, which breaks the row", () => {
    expect(levels([null])).toEqual([null]);
    expect(levels([130, null, 110])).toEqual(["critical", "critical", "critical"]);
    expect(levels([0, 85, null, 85, 85], { riseWindows: 2 })).toEqual([
      ...["free", "free", "free", "free", "crowded"],
    ]);
  });

  it("never stands above what was last reached nor below what was last left, whatever the numbers", () => {
    const number = fc.integer({ min: -20, max: 150 });
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 60 }), (numbers) => {
        const all = levels(numbers);
        for (const [at, level] of all.entries()) {
          const now = numbers[at] ?? 0;
          const rank = CROWD_LEVELS.indexOf(level ?? "free");
          const reached = [40, 80, 120].filter((from) => now >= from).length;
          const kept = [30, 60, 100].filter((below) => now >= below).length;
          expect([rank >= reached, rank <= kept]).toEqual([true, true]);
          const before = CROWD_LEVELS.indexOf(all[at - 1] ?? level ?? "free");
          // It moves no further than it must.
          expect(rank).toBe(Math.min(kept, Math.max(reached, before)));
        }
      }),
    );
  });
});
