import { expect, it } from "vitest";
import { Truth } from "./truth.ts";

const WINDOW_MS = 3000;
const T0 = 1_800_000_000_000;

const times = (ms: number, aheadMs = 0) => ({ realMs: T0 + ms, labelMs: T0 + ms + aheadMs });
const fates = (truth: Truth) => truth.passages().map(({ fate }) => fate);
const reads = (truth: Truth) => truth.passages().map(({ readMs }) => readMs - T0);

it("knows that something was read when sense answers to what it was asked later", () => {
  const truth = new Truth(WINDOW_MS);
  truth.note("gate", 1, "sure", times(0));
  truth.note("gate", 1, "sure", times(950));
  truth.answered(T0 + 1000, times(1200));
  expect(reads(truth)).toEqual([1200, Number.POSITIVE_INFINITY]);
  expect(truth.settled).toBe(false);
});

it("is not sure of what was on its way at a death, and stays sure of the rest", () => {
  const truth = new Truth(WINDOW_MS);
  truth.note("gate", 1, "sure", times(0));
  truth.answered(T0 + 500, times(600));
  truth.note("gate", 1, "sure", times(900));
  truth.interrupted();
  expect(fates(truth)).toEqual(["sure", "maybe"]);
});

it("is not sure of the line of a sensor that was unplugged, and stays sure of the others", () => {
  const truth = new Truth(WINDOW_MS);
  truth.note("gate", 1, "sure", times(900));
  truth.note("door", 1, "sure", times(900));
  truth.interrupted("door");
  expect(fates(truth)).toEqual(["sure", "maybe"]);
});

it("gives up the open window at a power cut, and never finds what nobody read", () => {
  const truth = new Truth(WINDOW_MS);
  truth.note("gate", 1, "sure", times(2000));
  truth.answered(T0 + 2400, times(2500));
  truth.note("gate", 1, "sure", times(3100));
  truth.answered(T0 + 3300, times(3400));
  truth.note("gate", 1, "lost", times(3500));
  truth.powerCut(times(5900));
  expect(fates(truth)).toEqual(["sure", "maybe", "lost"]);
});

it("gives up what was read after the end of its window, which was open at a power cut", () => {
  const truth = new Truth(WINDOW_MS);
  truth.note("gate", 1, "sure", times(2900));
  truth.answered(T0 + 3350, times(3360));
  truth.powerCut(times(3500));
  expect(fates(truth)).toEqual(["maybe"]);
});

it("puts a passage into the window that is open, also when the wall clock was stepped back behind it", () => {
  const truth = new Truth(WINDOW_MS);
  truth.note("gate", 1, "sure", times(3100));
  truth.note("gate", 1, "sure", times(3200, -1000));
  expect(truth.passages().map(({ atMs }) => atMs - T0)).toEqual([3100, 3100]);
});

it("lets a passage soon after a step of the wall clock count by the clock of before, and not later", () => {
  const forward = new Truth(WINDOW_MS);
  forward.note("gate", 1, "sure", times(3100));
  forward.note("gate", 1, "sure", times(3200, 2000));
  forward.answered(T0 + 4000, times(4000, 2000));
  forward.note("gate", 1, "sure", times(5000, 2000));
  expect(forward.passages().map(({ atMs }) => atMs - T0)).toEqual([3100, 3200, 7000]);
  const back = new Truth(WINDOW_MS);
  back.note("gate", 1, "sure", times(3100, 2000));
  back.note("gate", 1, "sure", times(3200));
  back.answered(T0 + 4000, times(4000));
  expect(back.passages().map(({ atMs, readMs }) => [atMs - T0, readMs - T0])).toEqual([
    [5100, 5100],
    [5100, 5200],
  ]);
});
