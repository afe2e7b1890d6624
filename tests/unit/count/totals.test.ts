import { describe, expect, it } from "vitest";
import {
  baselineOf,
  type ChannelState,
  fromBaseline,
  stepTotal,
  type TotalOptions,
} from "../../../src/sense/count/totals.ts";

const OPTIONS: TotalOptions = { maxPerSecond: 10 };

/** Readings a second apart, or at their own times: the deltas, and the anomalies with the index of their reading. */
function count(readings: readonly (number | readonly [number, number | null])[], options = OPTIONS) {
  let state: ChannelState | undefined;
  const deltas: number[] = [];
  const anomalies: [number, string][] = [];
  for (const [at, reading] of readings.entries()) {
    const [total, atMs] = typeof reading === "number" ? [reading, at * 1000] : reading;
    const stepped = stepTotal(state, total, atMs, options);
    state = stepped.state;
    deltas.push(stepped.delta);
    if (stepped.anomaly) anomalies.push([at, stepped.anomaly]);
    expect(state.courses.length).toBeLessThanOrEqual(4);
  }
  return { deltas, anomalies, state };
}

describe("a running total", () => {
  it("begins with a baseline and counts the steps from there", () => {
    expect(count([1000, 1000, 1003, 1013])).toMatchObject({ deltas: [0, 0, 3, 10], anomalies: [] });
  });

  it("says since when the passages of a step happened", () => {
    const state = fromBaseline({ total: 5, atMs: 1000 });
    expect(stepTotal(state, 9, 61_000, OPTIONS)).toMatchObject({ delta: 4, sinceMs: 1000 });
    expect(stepTotal(undefined, 9, 61_000, OPTIONS)).toMatchObject({ delta: 0, sinceMs: null });
  });

  it("allows what people can do in the time since, at least in one second, at least one passage", () => {
    expect(
      count([
        [0, 0],
        [10, 200],
      ]).deltas,
    ).toEqual([0, 10]);
    expect(
      count([
        [0, 0],
        [11, 200],
      ]),
    ).toMatchObject({ deltas: [0, 0], anomalies: [[1, "spike"]] });
    expect(
      count([
        [0, 0],
        [600, 60_000],
      ]).deltas,
    ).toEqual([0, 600]);
    expect(
      count([
        [0, 0],
        [601, 60_000],
      ]).deltas,
    ).toEqual([0, 0]);
    expect(count([0, 1, 2], { maxPerSecond: 0.1 }).deltas).toEqual([0, 1, 1]);
  });

  it("counts across a day without readings", () => {
    expect(
      count([
        [100, 0],
        [5000, 86_400_000],
      ]).deltas,
    ).toEqual([0, 4900]);
  });

  it("starts anew after a reset to zero, and counts on from there", () => {
    expect(count([1000, 1003, 0, 2, 5, 9])).toMatchObject({
      deltas: [0, 3, 0, 2, 3, 4],
      anomalies: [[2, "reset"]],
    });
  });

  it("follows a small counter past the total it had before its reset", () => {
    expect(count([30, 35, 0, 10, 20, 30, 40, 50]).deltas).toEqual([0, 5, 0, 10, 10, 10, 10, 10]);
  });

  it("starts anew at a corrupt base", () => {
    expect(count([4_487_773, 327_683, 327_684, 327_686])).toMatchObject({
      deltas: [0, 0, 1, 2],
      anomalies: [[1, "reset"]],
    });
  });

  it("does not count a jump to a higher base once time enough has gone by for people to have made it", () => {
    expect(count([10, 25, 25, 26])).toMatchObject({ deltas: [0, 0, 0, 1], anomalies: [[1, "spike"]] });
  });

  it("returns from a spike of one reading to the old course without losing a passage", () => {
    expect(count([277, 1_343_226_133, 279, 280])).toMatchObject({
      deltas: [0, 0, 2, 1],
      anomalies: [[1, "spike"]],
    });
  });

  it("returns from a low reading, too, even when the way back up could have been people", () => {
    expect(count([1000, 995, 1002, 1003]).deltas).toEqual([0, 0, 2, 1]);
    expect(count([1000, 995, 1002]).anomalies).toEqual([[1, "backwards"]]);
  });

  it("believes two low readings apart as little as one", () => {
    expect(count([1000, 990, 1001, 995, 1002, 1003]).deltas).toEqual([0, 0, 1, 0, 1, 1]);
  });

  it("follows two counters that answer under one id", () => {
    const both = count([7, 22_618, 8, 22_619, 9, 22_620, 22_621, 10]);
    expect(both.deltas.reduce((sum, delta) => sum + delta)).toBe(3 + 3);
    expect(both.anomalies.map(([, anomaly]) => anomaly)).toContain("second_counter");
  });

  it("gives up a course that no reading fitted for eight readings", () => {
    const away = (readings: number) => [10_000, ...Array.from({ length: readings }, (_, at) => at), 10_002];
    expect(count(away(8)).deltas.at(-1)).toBe(2);
    expect(count(away(9))).toMatchObject({ state: { courses: [{ total: 10_002 }, { total: 8 }] } });
    expect(count(away(9)).deltas.at(-1)).toBe(0);
  });

  it("never counts a counter that runs backwards, and says so at every step", () => {
    const { deltas, anomalies } = count(
      Array.from({ length: 50 }, (_, at) => [9000 - 7 * at, at * 900_000] as const),
    );
    expect(deltas).toEqual(Array(50).fill(0));
    expect(anomalies).toHaveLength(49);
    expect(new Set(anomalies.map(([, anomaly]) => anomaly))).toEqual(new Set(["backwards"]));
  });

  it("wraps at a known width", () => {
    expect(count([65_530, 4, 6], { ...OPTIONS, bits: 16 })).toMatchObject({
      deltas: [0, 10, 2],
      anomalies: [[1, "wrap"]],
    });
    expect(count([65_530, 4]).deltas).toEqual([0, 0]);
  });

  it("tells a wrap from a reset by what people can do, and from a small fall by the shorter way round", () => {
    expect(count([40_000, 0, 1], { ...OPTIONS, bits: 16 })).toMatchObject({
      deltas: [0, 0, 1],
      anomalies: [[1, "reset"]],
    });
    const day = 86_400_000;
    expect(
      count(
        [
          [40_000, 0],
          [39_999, day],
        ],
        { ...OPTIONS, bits: 16 },
      ).deltas,
    ).toEqual([0, 0]);
    expect(
      count(
        [
          [10_000, 0],
          [50_000, day],
        ],
        { ...OPTIONS, bits: 16 },
      ).deltas,
    ).toEqual([0, 40_000]);
  });

  it("discards a value that the counter cannot show", () => {
    const { deltas, anomalies, state } = count([10, 65_536, 12], { ...OPTIONS, bits: 16 });
    expect({ deltas, anomalies }).toEqual({ deltas: [0, 0, 2], anomalies: [[1, "spike"]] });
    expect(state?.courses).toHaveLength(1);
    expect(count([70_000, 10, 12], { ...OPTIONS, bits: 16 }).deltas).toEqual([0, 0, 2]);
  });

  it("judges only width and direction when the time between is unknown", () => {
    expect(
      count([
        [100, null],
        [5000, 0],
        [5001, 1000],
      ]).deltas,
    ).toEqual([0, 4900, 1]);
    expect(
      count([
        [100, 0],
        [40, null],
      ]),
    ).toMatchObject({ deltas: [0, 0], anomalies: [[1, "reset"]] });
    const bits = { ...OPTIONS, bits: 16 };
    expect(
      count(
        [
          [65_000, 0],
          [1000, null],
        ],
        bits,
      ).deltas,
    ).toEqual([0, 1536]);
    expect(
      count(
        [
          [1000, 0],
          [65_000, null],
        ],
        bits,
      ).deltas,
    ).toEqual([0, 0]);
    const state = fromBaseline({ total: 100, atMs: 0 });
    expect(stepTotal(state, 120, null, OPTIONS)).toMatchObject({ delta: 20, sinceMs: 0 });
  });

  it("loses nothing when the wall clock steps back", () => {
    expect(
      count([
        [100, 3_600_000],
        [160, 5000],
        [161, 6000],
      ]).deltas,
    ).toEqual([0, 60, 1]);
  });

  it("keeps the last believed total as its baseline", () => {
    expect(baselineOf(count([277, 278]).state as ChannelState)).toEqual({ total: 278, atMs: 1000 });
    expect(baselineOf(count([277, 278, 1e9]).state as ChannelState)).toEqual({ total: 278, atMs: 1000 });
    expect(baselineOf(count([277, 278, 0, 1]).state as ChannelState)).toEqual({ total: 1, atMs: 3000 });
    expect(baselineOf({ courses: [] })).toBeUndefined();
  });

  it("counts over a restart from its baseline", () => {
    const state = fromBaseline(
      baselineOf(count([277, 278]).state as ChannelState) ?? { total: 0, atMs: null },
    );
    expect(stepTotal(state, 300, 61_000, OPTIONS)).toMatchObject({ delta: 22, sinceMs: 1000 });
  });

  it("is plain data", () => {
    const { state } = count([277, 278, 1e9, 0]);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });
});
