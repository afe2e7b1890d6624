import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type GapOutput,
  type GapState,
  isLate,
  noGaps,
  settle,
  withDeclared,
  withEpochEnd,
  withSeen,
} from "../../../src/city/gaps.ts";
import { EPOCH, GATEWAY, START_MS } from "./fixtures.ts";

const MINUTE = 60_000;
const GRACE = 10 * MINUTE;

type Step = (state: GapState, nowMs: number) => GapState;
const seen =
  (seq: number, { minute = seq, anchored = true, epoch = EPOCH } = {}): Step =>
  (state, nowMs) => {
    const message = { epoch, seq, endMs: START_MS + minute * MINUTE, lengths: [60], anchored };
    return withSeen(state, message, nowMs);
  };
const numbersGone =
  (reason: string, from: number, to: number): Step =>
  (state, nowMs) =>
    withDeclared(state, { reason, numbers: { epoch: EPOCH, ranges: [[from, to]] } }, nowMs);
const windowsGone =
  (reason: string, from: number, to: number): Step =>
  (state, nowMs) => {
    const windows = [{ seconds: 60, fromMs: START_MS + from * MINUTE, toMs: START_MS + to * MINUTE }];
    return withDeclared(state, { reason, windows }, nowMs);
  };

/** Applies the steps at one instant, and settles after each. */
function run(steps: readonly Step[], nowMs = 0, before: GapState = noGaps) {
  let state = before;
  const outputs: GapOutput[] = [];
  for (const step of [...steps, (same: GapState) => same]) {
    const settled = settle(GATEWAY, step(state, nowMs), GRACE, nowMs);
    state = settled.state;
    outputs.push(...settled.outputs);
  }
  return { state, outputs };
}

/** What was told, as text: `?` undeclared, a reason, or `closed`; then numbers, or windows by minute. */
function told(outputs: readonly GapOutput[]): string[] {
  return outputs.map((gap) => {
    const label = gap.type === "gap_closed" ? "closed" : (gap.reason ?? "?");
    if ("numbers" in gap) return `${label} numbers ${gap.numbers.ranges.map((range) => range.join("-"))}`;
    const minutes = gap.windows.map(({ fromMs, toMs }) =>
      [fromMs, toMs].map((ms) => (ms - START_MS) / MINUTE).join("-"),
    );
    return `${label} windows ${minutes}`;
  });
}

const onlyNumbers = (lines: readonly string[]) => lines.filter((line) => line.includes("numbers"));
const onlyWindows = (lines: readonly string[]) => lines.filter((line) => line.includes("windows"));

test("messages without a hole tell nothing, whatever time passes", () => {
  const { state } = run([seen(0), seen(1), seen(2)]);
  expect(run([], 100 * GRACE, state).outputs).toEqual([]);
});

test("a hole nobody declared is told after the grace period, once", () => {
  const first = run([seen(0), seen(3)]);
  expect(first.outputs).toEqual([]);
  const early = run([], GRACE - 1, first.state);
  expect(early.outputs).toEqual([]);
  const due = run([], GRACE, early.state);
  expect(told(due.outputs)).toEqual(["? numbers 1-2", "? windows 0-2"]);
  expect(run([], 2 * GRACE, due.state).outputs).toEqual([]);
});

test("numbers are looked for from 0, for an epoch starts there", () => {
  const { state } = run([seen(2)]);
  expect(onlyNumbers(told(run([], GRACE, state).outputs))).toEqual(["? numbers 0-1"]);
});

test("windows are looked for between the first and the last seen only", () => {
  const { state } = run([seen(0, { minute: 5 }), seen(1, { minute: 7 })]);
  expect(onlyWindows(told(run([], GRACE, state).outputs))).toEqual(["? windows 5-6"]);
});

test("a declared hole is told at once with its reason, where something is really missing and nowhere else", () => {
  const { outputs } = run([seen(0), seen(4), numbersGone("disk_full", 0, 9)]);
  expect(onlyNumbers(told(outputs))).toEqual(["disk_full numbers 1-3"]);
});

test("a hole declared before it can be seen is told when it shows", () => {
  const first = run([seen(0), numbersGone("max_age", 1, 2)]);
  expect(first.outputs).toEqual([]);
  expect(onlyNumbers(told(run([seen(3)], 0, first.state).outputs))).toEqual(["max_age numbers 1-2"]);
});

test("a hole told as undeclared is told again with its reason once it is declared", () => {
  const first = run([seen(0), seen(2)]);
  const due = run([], GRACE, first.state);
  const { outputs } = run([numbersGone("corrupt_rows", 1, 1)], GRACE, due.state);
  expect(told(outputs)).toEqual(["corrupt_rows numbers 1-1"]);
});

test("a backlog that arrives late closes holes, the told ones with a line and the others in silence", () => {
  const first = run([seen(0), seen(4)]);
  expect(run([seen(1), seen(2), seen(3)], 1, first.state).outputs).toEqual([]);
  const due = run([], GRACE, first.state);
  const { outputs, state } = run([seen(2)], GRACE, due.state);
  expect(told(outputs)).toEqual(["closed numbers 2-2", "closed windows 1-2"]);
  expect(onlyNumbers(told(run([seen(1), seen(3)], GRACE, state).outputs))).toEqual([
    "closed numbers 1-1",
    "closed numbers 3-3",
  ]);
});

test("declared windows count only where they lie wholly in the range", () => {
  const half = MINUTE / 2;
  const range = { seconds: 60, fromMs: START_MS + half, toMs: START_MS + 3 * MINUTE + half };
  const declaring: Step = (state, nowMs) =>
    withDeclared(state, { reason: "stopped", windows: [range] }, nowMs);
  const { outputs } = run([seen(0, { minute: 0 }), seen(1, { minute: 5 }), declaring]);
  expect(told(outputs)).toEqual(["stopped windows 1-3"]);
});

test("a power cut between two runs is a declared hole of windows", () => {
  const later = seen(0, { minute: 6, epoch: "1111111111111111" });
  const { outputs } = run([seen(0), seen(1), later, windowsGone("power_cut", 1, 5)]);
  expect(told(outputs)).toEqual(["power_cut windows 1-5"]);
});

test("the end of an epoch shows numbers that are missing after the highest seen", () => {
  const ended: Step = (state, nowMs) => withEpochEnd(state, EPOCH, 3, nowMs);
  const { state } = run([seen(0), seen(1), ended]);
  expect(told(run([], GRACE, state).outputs)).toEqual(["? numbers 2-3"]);
});

test("windows labelled by a clock that was not set do not stretch the range in which windows are expected", () => {
  const { state } = run([seen(0), seen(1, { minute: -1_000_000, anchored: false }), seen(2, { minute: 1 })]);
  expect(onlyWindows(told(run([], GRACE, state).outputs))).toEqual([]);
});

test("reasons that are names of object members are words like any other", () => {
  const steps = ["constructor", "__proto__", "UNDECLARED", "CLOSED"].map((reason, at) =>
    numbersGone(reason.toLowerCase(), 2 * at + 1, 2 * at + 1),
  );
  const { outputs, state } = run([seen(0), seen(8), ...steps]);
  expect(onlyNumbers(told(outputs)).sort()).toEqual([
    "__proto__ numbers 3-3",
    "closed numbers 7-7",
    "constructor numbers 1-1",
    "undeclared numbers 5-5",
  ]);
  expect(onlyNumbers(told(run([], GRACE, JSON.parse(JSON.stringify(state))).outputs))).toEqual([
    "? numbers 2-2,4-4,6-6",
  ]);
});

test("any order and repetition of the same messages and events ends in the same gaps", () => {
  const number = fc.nat(12);
  const step = fc.oneof(
    { weight: 3, arbitrary: number.map((seq) => seen(seq)) },
    fc
      .tuple(fc.constantFrom("disk_full", "max_age", "new_reason"), number, number)
      .map(([reason, a, b]) => numbersGone(reason, Math.min(a, b), Math.max(a, b))),
    fc.tuple(number, number).map(([a, b]) => windowsGone("stopped", Math.min(a, b), Math.max(a, b))),
    number.map(
      (last): Step =>
        (state, nowMs) =>
          withEpochEnd(state, EPOCH, last, nowMs),
    ),
  );
  const history = fc.array(step, { minLength: 1, maxLength: 12 }).chain((steps) =>
    fc.record({
      steps: fc.constant(steps),
      shuffled: fc.shuffledSubarray(steps, { minLength: steps.length }),
      repeated: fc.array(fc.constantFrom(...steps), { maxLength: 6 }),
    }),
  );
  fc.assert(
    fc.property(history, ({ steps, shuffled, repeated }) => {
      const final = (all: readonly Step[]) => {
        const { state } = run(all);
        const { numbers, windows } = run([], GRACE, state).state;
        return [numbers[EPOCH]?.told ?? [], windows[60]?.told ?? []];
      };
      expect(final([...shuffled, ...repeated])).toEqual(final(steps));
    }),
  );
});

test("what was told and not closed is exactly what is missing, in any history", () => {
  const history = fc.array(fc.tuple(fc.nat(15), fc.nat(2 * GRACE)), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(history, (steps) => {
      let state = noGaps;
      let nowMs = 0;
      const open = new Set<number>();
      const apply = (outputs: readonly GapOutput[]) => {
        for (const gap of outputs) {
          if (!("numbers" in gap)) continue;
          for (const [from, to] of gap.numbers.ranges) {
            for (let one = from; one <= to; one++) {
              if (gap.type === "gap") open.add(one);
              else open.delete(one);
            }
          }
        }
      };
      for (const [seq, waitMs] of steps) {
        nowMs += waitMs;
        const result = run([seen(seq)], nowMs, state);
        state = result.state;
        apply(result.outputs);
      }
      apply(run([], nowMs + GRACE, state).outputs);
      const have = new Set(steps.map(([seq]) => seq));
      const expected = Array.from({ length: Math.max(...have) }, (_, at) => at).filter(
        (one) => !have.has(one),
      );
      expect([...open].sort((a, b) => a - b)).toEqual(expected);
    }),
  );
});

test("a gateway that invents epochs, holes and reasons costs a bounded amount of memory", () => {
  let state: GapState = noGaps;
  for (let at = 0; at < 300; at++) state = seen(0, { epoch: String(at).padStart(16, "0") })(state, at);
  for (let at = 0; at < 1200; at++) state = seen(2 * at)(state, 1000);
  for (let at = 0; at < 1200; at++) {
    state = settle(GATEWAY, withEpochEnd(state, EPOCH, 6000 + at, at), GRACE, at).state;
  }
  for (let at = 0; at < 300; at++) state = numbersGone(`reason_${at}`, at * 4, at * 4)(state, 2000);
  expect(Object.keys(state.numbers).length).toBeLessThanOrEqual(64);
  expect(JSON.stringify(state).length).toBeLessThan(200_000);
});

test("a message is late when a later one of its epoch was handled before", () => {
  const { state } = run([seen(0), seen(5)]);
  expect([isLate(state, EPOCH, 3), isLate(state, EPOCH, 6), isLate(state, "x", 0)]).toEqual([
    true,
    false,
    false,
  ]);
});
