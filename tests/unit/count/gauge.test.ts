import { describe, expect, it } from "vitest";
import type { Statistic } from "../../../src/model.ts";
import { closeGauge, type Gauge, loseGauge, sampleGauge } from "../../../src/sense/count/gauge.ts";

/** Samples as [present, atMs]; null is the loss of the sensor. */
function watch(
  samples: readonly (readonly [number | null, number])[],
  start: Gauge | null = null,
): Gauge | null {
  return samples.reduce<Gauge | null>(
    (gauge, [present, atMs]) =>
      present === null ? loseGauge(gauge, atMs) : sampleGauge(gauge, present, atMs),
    start,
  );
}

const close = (gauge: Gauge | null, stat: Statistic, endMs: number) => closeGauge(gauge, stat, endMs).value;

describe("a gauge of people in view", () => {
  it("gives the highest, the mean over time and the last value", () => {
    const gauge = watch([
      [10, 0],
      [4, 30_000],
      [1, 40_000],
    ]);
    expect(close(gauge, "max", 60_000)).toBe(10);
    expect(close(gauge, "mean", 60_000)).toBe(Math.round((10 * 30 + 4 * 10 + 1 * 20) / 60));
    expect(close(gauge, "last", 60_000)).toBe(1);
  });

  it("weights the mean by time, however many samples say the same", () => {
    const often = Array.from({ length: 100 }, (_, at) => [100, at] as const);
    expect(close(watch([...often, [0, 100]]), "mean", 10_000)).toBe(1);
  });

  it("takes the mean over what is known only", () => {
    expect(close(watch([[6, 50_000]]), "mean", 60_000)).toBe(6);
    expect(
      close(
        watch([
          [6, 0],
          [null, 10_000],
        ]),
        "mean",
        60_000,
      ),
    ).toBe(6);
    expect(
      close(
        watch([
          [6, 0],
          [null, 10_000],
          [2, 50_000],
        ]),
        "mean",
        60_000,
      ),
    ).toBe(4);
  });

  it("knows nothing before the first sample", () => {
    for (const stat of ["max", "mean", "last"] as const) expect(close(null, stat, 60_000)).toBeNull();
    expect(loseGauge(null, 0)).toBeNull();
  });

  it("carries the value that holds into the next window", () => {
    const { next } = closeGauge(
      watch([
        [9, 0],
        [5, 50_000],
      ]),
      "max",
      60_000,
    );
    expect(close(next, "max", 120_000)).toBe(5);
    expect(close(watch([[1, 90_000]], next), "mean", 120_000)).toBe(3);
    expect(close(watch([[1, 90_000]], next), "max", 120_000)).toBe(5);
  });

  it("carries nothing once the sensor is lost, but still tells what it saw", () => {
    const { value, next } = closeGauge(
      watch([
        [9, 0],
        [5, 10_000],
        [null, 20_000],
      ]),
      "last",
      60_000,
    );
    expect({ value, next }).toEqual({ value: 5, next: null });
  });

  it("counts a value that held for no time as itself", () => {
    expect(close(watch([[7, 60_000]]), "mean", 60_000)).toBe(7);
  });

  it("adds nothing for a time that steps back", () => {
    expect(
      close(
        watch([
          [10, 20_000],
          [0, 10_000],
        ]),
        "mean",
        30_000,
      ),
    ).toBe(0);
    expect(close(watch([[10, 20_000]]), "mean", 10_000)).toBe(10);
  });

  it("is plain data", () => {
    const gauge = watch([
      [3, 0],
      [null, 5],
      [4, 9],
    ]);
    expect(JSON.parse(JSON.stringify(gauge))).toEqual(gauge);
  });
});
