import { describe, expect, it } from "vitest";
import {
  type PulseOptions,
  type PulseState,
  pulse,
  settlePulse,
  startOfPulses,
} from "../../../src/sense/sensor/pulse.ts";

const OPTIONS: PulseOptions = { debounceMs: 10, maxPerSecond: 10, stuckAfterMs: 60_000, counts: "in" };

/** Edges as [atMs, level]; the result is settled at `untilMs`. */
function count(edges: readonly (readonly [number, 0 | 1])[], options = OPTIONS, untilMs = 1e9) {
  let state: PulseState = startOfPulses;
  let pulses = 0;
  const discarded: string[] = [];
  const take = (decoded: ReturnType<typeof settlePulse>) => {
    state = decoded.state;
    discarded.push(...decoded.discarded);
    for (const reading of decoded.readings)
      if (reading.type === "passages") pulses += reading.in + reading.out;
  };
  for (const [atMs, level] of edges) take(pulse(state, { level, atMs }, options));
  take(settlePulse(state, untilMs, options));
  return { pulses, discarded };
}

describe("the pulse counter", () => {
  it("counts clean pulses in the configured direction", () => {
    const edges = [
      [0, 1],
      [50, 0],
      [500, 1],
      [550, 0],
    ] as const;
    expect(count(edges)).toEqual({ pulses: 2, discarded: [] });
    const first = pulse(startOfPulses, { level: 1, atMs: 0 }, { ...OPTIONS, counts: "out" });
    expect(settlePulse(first.state, 10, { ...OPTIONS, counts: "out" }).readings).toEqual([
      { type: "passages", in: 0, out: 1 },
    ]);
  });

  it("counts a burst of bounces at both ends of a pulse once", () => {
    const edges = [
      [0, 1],
      [1, 0],
      [2, 1],
      [4, 0],
      [5, 1],
      [500, 0],
      [501, 1],
      [503, 0],
      [900, 1],
      [950, 0],
    ] as const;
    expect(count(edges)).toEqual({ pulses: 2, discarded: Array(6).fill("bounce") });
  });

  it("counts the pulse from the last active edge before the line held still", () => {
    const bouncing = [
      [0, 1],
      [3, 0],
      [4, 1],
    ] as const;
    expect(count(bouncing, OPTIONS, 13).pulses).toBe(0);
    expect(count(bouncing, OPTIONS, 14).pulses).toBe(1);
  });

  it("does not count a pulse shorter than the debounce time", () => {
    expect(
      count([
        [0, 1],
        [9, 0],
        [500, 1],
        [510, 0],
      ]),
    ).toEqual({ pulses: 1, discarded: ["bounce"] });
  });

  it("takes a gap shorter than the debounce time as part of the pulse", () => {
    expect(
      count([
        [0, 1],
        [100, 0],
        [109, 1],
        [200, 0],
      ]).pulses,
    ).toBe(1);
    expect(
      count([
        [0, 1],
        [100, 0],
        [110, 1],
        [200, 0],
      ]).pulses,
    ).toBe(2);
  });

  it("does not count a ghost edge, and lets the level hold again from there", () => {
    expect(
      count([
        [0, 1],
        [50, 1],
        [100, 1],
        [150, 0],
      ]),
    ).toEqual({ pulses: 1, discarded: ["bounce", "bounce"] });
    expect(
      count([
        [0, 1],
        [6, 1],
        [12, 0],
      ]).pulses,
    ).toBe(0);
    expect(
      count([
        [0, 0],
        [50, 0],
        [100, 0],
      ]).pulses,
    ).toBe(0);
  });

  it("does not count a line that was active when watching began, nor its bounces", () => {
    expect(count([[0, 0]]).pulses).toBe(0);
    expect(
      count([
        [0, 0],
        [5, 1],
        [100, 0],
      ]).pulses,
    ).toBe(0);
    expect(
      count([
        [0, 0],
        [1, 1],
        [2, 0],
        [500, 1],
        [550, 0],
      ]).pulses,
    ).toBe(1);
  });

  it("counts a line that stays active for hours once, as soon as it has held", () => {
    expect(count([[0, 1]], OPTIONS, 9).pulses).toBe(0);
    expect(count([[0, 1]], OPTIONS, 10).pulses).toBe(1);
    expect(
      count([
        [0, 1],
        [7_200_000, 0],
      ]).pulses,
    ).toBe(1);
  });

  it("counts nothing twice however often it is settled", () => {
    let state = pulse(startOfPulses, { level: 1, atMs: 0 }, OPTIONS).state;
    let readings = 0;
    for (let nowMs = 0; nowMs < 100; nowMs++) {
      const settled = settlePulse(state, nowMs, OPTIONS);
      state = settled.state;
      readings += settled.readings.length;
    }
    expect(readings).toBe(1);
  });

  it("counts at the edge itself when the kernel has debounced the line already", () => {
    const kernel = { ...OPTIONS, debounceMs: 0 };
    expect(pulse(startOfPulses, { level: 1, atMs: 5 }, kernel).readings).toHaveLength(1);
    expect(
      count(
        [
          [0, 1],
          [1, 0],
          [2, 1],
          [3, 0],
        ],
        kernel,
        3,
      ),
    ).toEqual({ pulses: 2, discarded: [] });
    expect(
      count(
        [
          [0, 1],
          [1, 1],
          [2, 0],
        ],
        kernel,
        3,
      ),
    ).toEqual({ pulses: 1, discarded: ["bounce"] });
  });

  it("takes a time that steps back as no time at all", () => {
    expect(
      count([
        [1000, 1],
        [900, 0],
        [905, 1],
        [990, 0],
      ]).pulses,
    ).toBe(1);
  });

  it("discards what is faster than people: 200 pulses a second of rain count as the limit", () => {
    const rain = Array.from({ length: 800 }, (_, at) => [at * 2.5, at % 2 === 0 ? 1 : 0] as const);
    const { pulses, discarded } = count(rain, { ...OPTIONS, debounceMs: 1 });
    expect(pulses).toBe(20);
    expect(discarded).toEqual(Array(380).fill("too_fast"));
  });

  it("allows one pulse in two seconds at half a pulse a second", () => {
    const slow = { ...OPTIONS, maxPerSecond: 0.5 };
    expect(
      count(
        [
          [0, 1],
          [100, 0],
          [1900, 1],
          [1950, 0],
          [2000, 1],
          [2100, 0],
        ],
        slow,
      ),
    ).toEqual({
      pulses: 2,
      discarded: ["too_fast"],
    });
  });
});
