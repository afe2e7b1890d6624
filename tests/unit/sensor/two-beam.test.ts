import { describe, expect, it } from "vitest";
import type { TwoBeamOptions } from "../../../src/sense/sensor/two-beam.ts";
import { twoBeamEngine, twoBeamOptions } from "../../../src/sense/sensor/two-beam-engine.ts";
import { deviceProfile, settingsOf } from "../../kit/devices.ts";

const OPTIONS: TwoBeamOptions = {
  debounceMs: 10,
  timeoutMs: 5000,
  stuckAfterMs: 60_000,
  maxPerSecond: 5,
  in: "a-first",
};

type Edge = readonly [atMs: number, name: string, level: 0 | 1];

/** Plays edges, ticking whenever it is due; the result is what was known at `untilMs`. */
function play(edges: readonly Edge[], options: Partial<TwoBeamOptions> = {}, untilMs = 1e9) {
  const engine = twoBeamEngine({ ...OPTIONS, ...options });
  const counted = { in: 0, out: 0 };
  const discarded: string[] = [];
  const take = (step: ReturnType<typeof engine.tick>) => {
    discarded.push(...step.discarded);
    for (const reading of step.readings) {
      if (reading.type !== "passages") throw new Error("only passages come from beams");
      counted.in += reading.in;
      counted.out += reading.out;
    }
  };
  const tickUntil = (atMs: number) => {
    for (let due = engine.dueMs; due !== null && due <= atMs; due = engine.dueMs) take(engine.tick(due));
  };
  take(engine.opened(0));
  for (const [atMs, name, level] of edges) {
    tickUntil(atMs);
    take(engine.edge(name, level, atMs));
  }
  tickUntil(untilMs);
  return { ...counted, discarded, condition: engine.condition, dueMs: engine.dueMs };
}

/** Somebody passes: the first beam is broken at `atMs`. */
const passing = (atMs: number, [first, second] = ["a", "b"]): Edge[] => [
  [atMs, first ?? "a", 1],
  [atMs + 60, second ?? "b", 1],
  [atMs + 300, first ?? "a", 0],
  [atMs + 360, second ?? "b", 0],
];
const WAYS = [
  ["a", "b"],
  ["b", "a"],
] as const;

describe("two beams", () => {
  it("count who breaks a first as in, and who breaks b first as out", () => {
    expect(play(passing(1000))).toEqual({ in: 1, out: 0, discarded: [], condition: "working", dueMs: null });
    expect(play(passing(1000, ["b", "a"]))).toMatchObject({ in: 0, out: 1, discarded: [] });
  });

  it("are turned around by one setting", () => {
    expect(play(passing(1000), { in: "b-first" })).toMatchObject({ in: 0, out: 1 });
    expect(play(passing(1000, ["b", "a"]), { in: "b-first" })).toMatchObject({ in: 1, out: 0 });
  });

  it("count when the last beam has held clear, without waiting for another edge", () => {
    expect(play(passing(1000), {}, 1369).in).toBe(0);
    expect(play(passing(1000), {}, 1370).in).toBe(1);
    expect(play(passing(1000), { debounceMs: 0 }, 1360).in).toBe(1);
  });

  it.each(WAYS)("count nothing for who comes from %s and turns back", (first, second) => {
    const before: Edge[] = [
      [1000, first, 1],
      [1200, first, 0],
    ];
    const between: Edge[] = [
      [1000, first, 1],
      [1060, second, 1],
      [1400, second, 0],
      [1460, first, 0],
    ];
    const almostThrough: Edge[] = [
      [1000, first, 1],
      [1060, second, 1],
      [1200, first, 0],
      [1300, first, 1],
      [1400, second, 0],
      [1460, first, 0],
    ];
    for (const edges of [before, between, almostThrough])
      expect(play(edges)).toMatchObject({ in: 0, out: 0, discarded: [] });
    expect(play([...almostThrough, ...passing(2000)])).toMatchObject({ in: 1, out: 0 });
  });

  it.each(WAYS)("count once who comes from %s, hesitates between the beams and goes on", (first, second) => {
    const { in: entered, out } = play([
      [1000, first, 1],
      [1060, second, 1],
      [1200, second, 0],
      [1300, second, 1],
      [1400, first, 0],
      [1500, first, 1],
      [1600, first, 0],
      [1700, second, 0],
    ]);
    expect({ in: entered, out }).toEqual(first === "a" ? { in: 1, out: 0 } : { in: 0, out: 1 });
  });

  it("count a swinging arm before the body as nothing of its own", () => {
    expect(
      play([[900, "a", 1], [950, "a", 0], ...passing(1000), [1500, "b", 1], [1550, "b", 0]]),
    ).toMatchObject({
      in: 1,
      out: 0,
      discarded: [],
    });
  });

  it("count everybody in a row at walking pace, 35 cm apart", () => {
    // 1.4 m/s: beams 6 cm apart (43 ms), bodies 25 cm deep (179 ms), the next one 600 mm behind (429 ms).
    const row = (ways: readonly [string, string]) =>
      Array.from({ length: 12 }, (_, person): Edge[] => {
        const atMs = 1000 + person * 429;
        return [
          [atMs, ways[0], 1],
          [atMs + 43, ways[1], 1],
          [atMs + 179, ways[0], 0],
          [atMs + 222, ways[1], 0],
        ];
      }).flat();
    expect(play(row(["a", "b"]))).toMatchObject({ in: 12, out: 0, discarded: [] });
    expect(play(row(["b", "a"]))).toMatchObject({ in: 0, out: 12, discarded: [] });
  });

  it("take bounce for one change, and count it as bounce", () => {
    const bouncing = passing(1000).flatMap(([atMs, name, level]): Edge[] => [
      [atMs, name, level],
      [atMs + 1, name, level === 1 ? 0 : 1],
      [atMs + 3, name, level],
    ]);
    expect(play(bouncing)).toMatchObject({ in: 1, out: 0, discarded: Array(8).fill("bounce") });
  });

  it("do not count what is shorter than the debounce time, as a drop of rain is", () => {
    const short = passing(1000).map(([atMs, name, level]): Edge => [1000 + (atMs - 1000) / 60, name, level]);
    expect(play(short)).toMatchObject({ in: 0, out: 0 });
  });

  it.each([0, 4.9])("cannot tell the way of who breaks or leaves both within %f ms", (apartMs) => {
    const together: Edge[] = [
      [1000, "a", 1],
      [1000 + apartMs, "b", 1],
      [1300, "a", 0],
      [1360, "b", 0],
    ];
    const leaving: Edge[] = [
      [1000, "a", 1],
      [1060, "b", 1],
      [1300, "a", 0],
      [1300 + apartMs, "b", 0],
    ];
    for (const edges of [together, leaving])
      for (const debounceMs of [0, 10])
        expect(play([...edges, ...passing(2000)], { debounceMs })).toMatchObject({
          in: 1,
          out: 0,
          discarded: ["ambiguous"],
        });
  });

  it("can tell the way from 5 ms on", () => {
    const quick: Edge[] = [
      [1000, "b", 1],
      [1005, "a", 1],
      [1030, "b", 0],
      [1035, "a", 0],
    ];
    expect(play(quick)).toMatchObject({ in: 0, out: 1, discarded: [] });
  });

  it("let one beam flicker as fast as it likes: only two beams at once are unclear", () => {
    const flicker: Edge[] = [
      ...passing(1000).slice(0, 2),
      [1100, "b", 0],
      [1102, "b", 1],
      ...passing(1000).slice(2),
    ];
    expect(play(flicker, { debounceMs: 0 })).toMatchObject({ in: 1, out: 0, discarded: [] });
  });

  it("do not believe a passage that takes too long, and count the next one", () => {
    const slow: Edge[] = [
      [1000, "a", 1],
      [1060, "b", 1],
      [5000, "a", 0],
      [6001, "b", 0],
    ];
    expect(play([...slow, ...passing(7000)])).toMatchObject({ in: 1, discarded: ["ambiguous"] });
    expect(play(slow.map(([atMs, ...rest]): Edge => [Math.min(atMs, 6000), ...rest]))).toMatchObject({
      in: 1,
    });
    expect(play([[1000, "a", 1], [9000, "a", 0], ...passing(10_000)])).toMatchObject({
      in: 1,
      discarded: [],
    });
  });

  it("are blocked when one stays broken, and work again by themselves when it is clear", () => {
    const stuck: Edge[] = [...passing(1000), [10_000, "b", 1], ...passing(20_000, ["a", "a"])];
    expect(play(stuck, {}, 69_999).condition).toBe("working");
    expect(play(stuck, {}, 70_000)).toMatchObject({ in: 1, out: 0, condition: "blocked" });
    const cleared: Edge[] = [...stuck, [7_200_000, "b", 0]];
    expect(play(cleared, {}, 7_200_009).condition).toBe("blocked");
    expect(play(cleared, {}, 7_200_010).condition).toBe("working");
    expect(play([...cleared, ...passing(7_300_000)])).toMatchObject({ in: 2, out: 0, condition: "working" });
  });

  it("are blocked by rain that never lets a beam hold, and only as long as it falls", () => {
    const rain = Array.from(
      { length: 30_000 },
      (_, at): Edge => [1000 + at * 2.5, "a", at % 2 === 0 ? 1 : 0],
    );
    expect(play(rain.slice(0, 23_000), {}, 58_490).condition).toBe("working");
    expect(play(rain, {}, 75_990)).toMatchObject({ in: 0, out: 0, condition: "blocked" });
    expect(play([...rain, ...passing(80_000)])).toMatchObject({ in: 1, out: 0, condition: "working" });
  });

  it("discard what is faster than people", () => {
    const crowd = Array.from({ length: 50 }, (_, person) =>
      passing(1000 + person * 40).map(([atMs, name, level]): Edge => {
        const start = 1000 + person * 40;
        return [start + (atMs - start) / 10, name, level];
      }),
    ).flat();
    const { in: entered, out, discarded } = play(crowd, { debounceMs: 0 });
    expect({ entered, out }).toEqual({ entered: 10, out: 0 });
    expect(discarded).toEqual(Array(40).fill("too_fast"));
  });

  it("count nothing for a beam that was broken when watching began", () => {
    expect(play([[1000, "a", 0], ...passing(2000)])).toMatchObject({ in: 1, out: 0 });
    expect(play([[1000, "a", 0], [1060, "b", 0], ...passing(2000)])).toMatchObject({ in: 1, out: 0 });
    expect(play([[900, "b", 1], [1000, "a", 0], [1200, "b", 0], ...passing(2000)])).toMatchObject({
      in: 1,
      out: 0,
    });
  });

  it("take an edge to the level a line already has for two that were missed", () => {
    const ghost: Edge[] = [
      [1000, "a", 1],
      [1060, "b", 1],
      [1100, "b", 1],
      [1300, "a", 0],
      [1360, "b", 0],
    ];
    expect(play(ghost)).toMatchObject({ in: 1, out: 0, discarded: ["bounce"] });
  });

  it("recover from a lost edge with the next passage but one", () => {
    const lost = passing(1000).filter(([, name, level]) => name === "a" || level === 1);
    const { in: entered, out } = play([...lost, ...passing(10_000), ...passing(20_000)]);
    expect(out).toBe(0);
    expect(entered).toBeGreaterThanOrEqual(1);
    expect(entered).toBeLessThanOrEqual(3);
  });

  it("take a time that steps back as no time at all", () => {
    const back = passing(1000).map(([atMs, name, level], at): Edge => [at === 1 ? 900 : atMs, name, level]);
    expect(play(back)).toMatchObject({ in: 0, out: 0, discarded: ["ambiguous"] });
  });

  it("know only the lines a and b", () => {
    expect(play([...passing(1000), [2000, "c", 1], [2000, "__proto__", 1]])).toMatchObject({ in: 1, out: 0 });
  });

  it("are looked at when a level will have held and when a beam will be stuck, and else never", () => {
    const engine = twoBeamEngine(OPTIONS);
    expect(engine.dueMs).toBeNull();
    engine.edge("a", 1, 1000);
    expect(engine.dueMs).toBe(1010);
    engine.tick(1010);
    expect(engine.dueMs).toBe(61_000);
    engine.tick(61_000);
    expect(engine.dueMs).toBeNull();
    expect(engine.condition).toBe("blocked");
  });

  it("take their options from the settings of their profile", () => {
    const profile = deviceProfile("gpio-two-beam");
    const usual = { debounceMs: 0, timeoutMs: 5000, stuckAfterMs: 60_000, maxPerSecond: 4, in: "a-first" };
    expect(twoBeamOptions(settingsOf(profile), 0)).toEqual(usual);
    expect(twoBeamOptions({}, 0)).toEqual(usual);
    const own = { in: "b-first", timeoutMs: 9000, stuckAfterMs: 30_000, maxPerSecond: 2 };
    expect(twoBeamOptions(settingsOf(profile, own), 8)).toEqual({ ...own, debounceMs: 8 });
  });
});
