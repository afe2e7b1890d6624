import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crowdAt, passerBy, SLOT_MS, unit } from "../../../src/demo/crowd.ts";

const MINUTE_SLOTS = 60_000 / SLOT_MS;

describe("the simulated crowd", () => {
  it("comes in waves between nobody and everybody", () => {
    const levels = Array.from({ length: 600 }, (_, second) => crowdAt(second * 1_000));
    expect(Math.max(...levels)).toBeGreaterThan(0.9);
    expect(Math.min(...levels)).toBeLessThan(0.2);
    expect(levels.every((level) => level >= 0 && level <= 1)).toBe(true);
  });

  it("brings about as many people as the stream says", () => {
    const stream = { seed: 5, delayMs: 0, quietPerSecond: 2, busyPerSecond: 0 };
    const slots = Array.from({ length: 100 * MINUTE_SLOTS }, (_, slot) => passerBy(stream, slot));
    const people = slots.filter((way) => way !== null);
    // 12,000 expected, standard deviation 104.
    expect(Math.abs(people.length - 12_000)).toBeLessThan(700);
    expect(people).toContain("in");
    expect(people).toContain("out");
  });

  it("draws numbers in [0, 1) that depend on their arguments only", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (seed, index) => {
        const value = unit(seed, index);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThan(1);
        expect(unit(seed, index)).toBe(value);
      }),
    );
  });
});
