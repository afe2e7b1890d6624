import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closeGauge, type Gauge, sampleGauge } from "../../src/sense/count/gauge.ts";

const samples = fc.array(fc.tuple(fc.nat({ max: 1000 }), fc.integer({ min: 1, max: 20_000 })), {
  minLength: 1,
  maxLength: 30,
});

/** Samples, each some time after the one before, and the time of the last. */
function watch(steps: readonly (readonly [number, number])[]): { gauge: Gauge | null; endMs: number } {
  let gauge: Gauge | null = null;
  let atMs = 0;
  for (const [present, laterMs] of steps) {
    atMs += laterMs;
    gauge = sampleGauge(gauge, present, atMs);
  }
  return { gauge, endMs: atMs + 1000 };
}

describe("a gauge", () => {
  it("has a mean between its lowest and its highest sample, and the last one last", () => {
    fc.assert(
      fc.property(samples, (steps) => {
        const { gauge, endMs } = watch(steps);
        const values = steps.map(([present]) => present);
        const mean = closeGauge(gauge, "mean", endMs).value ?? Number.NaN;
        expect(closeGauge(gauge, "max", endMs).value).toBe(Math.max(...values));
        expect(closeGauge(gauge, "last", endMs).value).toBe(values.at(-1));
        expect(Number.isInteger(mean) && mean >= Math.min(...values) && mean <= Math.max(...values)).toBe(
          true,
        );
      }),
    );
  });

  it("has the mean of a step function sampled every millisecond", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 50 }), fc.integer({ min: 1, max: 40 })), {
          minLength: 1,
          maxLength: 10,
        }),
        (steps) => {
          const { gauge, endMs } = watch(steps);
          const held = steps.map(([present], at) => present * (steps[at + 1]?.[1] ?? 1000));
          const knownMs = endMs - (steps[0]?.[1] ?? 0);
          const mean = held.reduce((sum, part) => sum + part, 0) / knownMs;
          expect(closeGauge(gauge, "mean", endMs).value).toBe(Math.round(mean));
        },
      ),
    );
  });

  it("carries its value over any number of windows without samples", () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 20 }), (steps, windows) => {
        let { gauge, endMs } = watch(steps);
        for (let window = 0; window <= windows; window++) {
          gauge = closeGauge(gauge, "max", endMs).next;
          endMs += 60_000;
        }
        for (const stat of ["max", "mean", "last"] as const) {
          expect(closeGauge(gauge, stat, endMs).value).toBe(steps.at(-1)?.[0]);
        }
      }),
    );
  });
});
