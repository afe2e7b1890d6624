import { expect, it } from "vitest";
import { Truth } from "./truth.ts";

const WINDOW_MS = 3000;
const T0 = 1_800_000_000_000;

const times = (ms: number, aheadMs = 0) => ({ realMs: T0 + ms, labelMs: T0 + ms + aheadMs });
const fates = (truth: Truth) => truth.passages().map(({ fate }) => fate);

it("is not sure of what was written just before a death, and stays sure of the rest", () => {
  const truth = new Truth(WINDOW_MS);
  truth.note("gate", 1, "sure", times(0));
  truth.note("gate", 1, "sure", times(900));
  truth.interrupted(T0 + 1000);
  expect(fates(truth)).toEqual(["sure", "maybe"]);
});

it("is not sure of the line of a sensor that was unplugged, and stays sure of the others", () => {
  const truth = new Truth(WINDOW_MS);
  truth.note("gate", 1, "sure", times(900));
  truth.note("door", 1, "sure", times(900));
  truth.interrupted(T0 + 1000, "door");
  expect(fates(truth)).toEqual(["sure", "maybe"]);
});

it("gives up the open window at a power cut, and never finds what nobody read", () => {
  const truth = new Truth(WINDOW_MS);
  truth.note("gate", 1, "sure", times(1000));
  truth.note("gate", 1, "sure", times(3100));
  truth.note("gate", 1, "lost", times(3200));
  truth.powerCut(times(5900));
  expect(fates(truth)).toEqual(["sure", "maybe", "lost"]);
});

it("puts a passage into the window that is open, also when the wall clock was stepped back behind it", () => {
  const truth = new Truth(WINDOW_MS);
  truth.note("gate", 1, "sure", times(3100));
  truth.note("gate", 1, "sure", times(3200, -1000));
  expect(truth.passages().map(({ atMs }) => atMs - T0)).toEqual([3100, 3100]);
});
