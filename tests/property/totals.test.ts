import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChannelState, stepTotal, type TotalOptions } from "../../src/sense/count/totals.ts";

const MAX_PER_SECOND = 10;
/** Readings between two faults: by then the counter has forgotten every course it was led to. */
const CALM = 10;

interface Step {
  readonly seconds: number;
  /** Share of what people can do at most in that time. */
  readonly share: number;
  readonly fault: { readonly kind: "none" | "reset" | "spike"; readonly value: number };
}

const calmStep = fc.record({
  seconds: fc.integer({ min: 1, max: 60 }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  fault: fc.constant({ kind: "none" as const, value: 0 }),
});
const fault = fc.record({
  kind: fc.constantFrom("reset" as const, "spike" as const),
  value: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 20 }), fc.integer({ min: 0, max: 2 ** 45 })),
});
const faultyStep = fc.record({ seconds: calmStepSeconds(), share: fc.constant(0.5), fault });
const faultyHistory = fc
  .array(fc.tuple(faultyStep, fc.array(calmStep, { minLength: CALM, maxLength: CALM + 5 })), { maxLength: 6 })
  .chain((blocks) =>
    fc
      .array(calmStep, { minLength: 2, maxLength: 10 })
      .map((first) => [...first, ...blocks.flatMap(([one, rest]) => [one, ...rest])]),
  );

function calmStepSeconds() {
  return fc.integer({ min: 1, max: 60 });
}

/** Plays a history on a device with a counter. `truth` is everybody who passed. */
function play(first: number, steps: readonly Step[], options: TotalOptions) {
  const width = options.bits === undefined ? Number.POSITIVE_INFINITY : 2 ** options.bits;
  const result = { truth: 0, sum: 0, lost: 0, least: 0, anomalies: [] as string[] };
  let shown = first % width;
  let atMs = 0;
  let state: ChannelState = stepTotal(undefined, shown, atMs, options).state;
  for (const { seconds, share, fault } of steps) {
    atMs += seconds * 1000;
    const passed = Math.floor(share * seconds * MAX_PER_SECOND);
    result.truth += passed;
    if (fault.kind === "reset") result.lost += passed;
    const limit = seconds * MAX_PER_SECOND;
    // A wild reading that people could have made is not a fault anybody can see.
    const within = fault.value >= shown && fault.value <= shown + limit;
    if (fault.kind === "reset" && !within) shown = fault.value % width;
    else shown = (shown + passed) % width;
    const spike = fault.kind === "spike" && !within ? fault.value % width : undefined;
    const stepped = stepTotal(state, spike ?? shown, atMs, options);
    state = JSON.parse(JSON.stringify(stepped.state));
    result.sum += stepped.delta;
    result.least = Math.min(result.least, stepped.delta);
    if (stepped.anomaly) result.anomalies.push(stepped.anomaly);
    expect(state.courses.length).toBeLessThanOrEqual(4);
  }
  return result;
}

describe("running totals", () => {
  it("count exactly who passed when nothing goes wrong, whatever the width", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 2 ** 40 }),
        fc.array(calmStep, { maxLength: 50 }),
        fc.constantFrom(undefined, 16, 24, 32),
        (first, steps, bits) => {
          const options = { maxPerSecond: MAX_PER_SECOND, ...(bits !== undefined && { bits }) };
          const { sum, truth, anomalies } = play(first, steps, options);
          expect(sum).toBe(truth);
          expect(anomalies.filter((anomaly) => anomaly !== "wrap")).toEqual([]);
        },
      ),
    );
  });

  it("never count more than passed, and never below zero, through resets and wild readings", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 30 }), faultyHistory, (first, steps) => {
        const { sum, truth, least } = play(first, steps, { maxPerSecond: MAX_PER_SECOND });
        expect(least).toBe(0);
        expect(sum).toBeLessThanOrEqual(truth);
      }),
      { numRuns: 500 },
    );
  });

  it("lose nothing to wild readings alone", () => {
    const wild = faultyHistory.map((steps) =>
      steps.map((step) => ({
        ...step,
        fault: { ...step.fault, kind: step.fault.kind === "none" ? "none" : "spike" } as const,
      })),
    );
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 30 }), wild, (first, steps) => {
        const { sum, truth } = play(first, steps, { maxPerSecond: MAX_PER_SECOND });
        expect(sum).toBe(truth);
      }),
      { numRuns: 500 },
    );
  });

  it("never count below zero and stay small in memory on any readings at all", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 2 ** 48 }), fc.option(fc.integer({ min: 0, max: 10 ** 9 }))), {
          maxLength: 60,
        }),
        fc.option(fc.integer({ min: 8, max: 48 }), { nil: undefined }),
        (readings, bits) => {
          let state: ChannelState | undefined;
          for (const [total, atMs] of readings) {
            const options = { maxPerSecond: MAX_PER_SECOND, ...(bits !== undefined && { bits }) };
            const stepped = stepTotal(state, total, atMs, options);
            state = stepped.state;
            expect(Number.isSafeInteger(stepped.delta) && stepped.delta >= 0).toBe(true);
            expect(state.courses.length).toBeLessThanOrEqual(4);
          }
        },
      ),
    );
  });

  it("never count a counter that only runs backwards", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 2, maxLength: 60 }), (falls) => {
        let total = 10 ** 9;
        let state = stepTotal(undefined, total, 0, { maxPerSecond: MAX_PER_SECOND }).state;
        for (const [at, fall] of falls.entries()) {
          total -= fall;
          const stepped = stepTotal(state, total, (at + 1) * 900_000, { maxPerSecond: MAX_PER_SECOND });
          state = stepped.state;
          expect([stepped.delta, stepped.anomaly]).toEqual([0, "backwards"]);
        }
      }),
    );
  });
});
