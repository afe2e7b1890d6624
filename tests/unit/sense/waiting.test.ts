import { expect, it } from "vitest";
import { memoryCrashStore } from "../../../src/sense/crash/crash-copy.ts";
import type { ClosedWindows } from "../../../src/sense/unsealed.ts";
import { WaitingWindows } from "../../../src/sense/waiting.ts";

const MINUTE = 60_000;
const privacy = { profile: "street" } as unknown as ClosedWindows["privacy"];

function closed(endMs: number, seconds: number, own: Partial<ClosedWindows> = {}): ClosedWindows {
  const times = { endMs, endAtMs: endMs, closedAtMs: endMs };
  return { ...times, seconds, outputs: [], records: [], privacy, baselines: [], moved: false, ...own };
}

function waiting(...all: ClosedWindows[]): WaitingWindows {
  const windows = new WaitingWindows(memoryCrashStore().waiting, (baseline) => baseline);
  windows.add(all);
  return windows;
}

const ends = (windows: WaitingWindows) => {
  const { endMs, lengths } = windows.oldest()?.unsealed ?? {};
  return [windows.count, endMs, lengths];
};

it("gives the windows of all lengths that end together, first the ones that ended first", () => {
  const windows = waiting(closed(10 * MINUTE, 60), closed(5 * MINUTE, 300), closed(5 * MINUTE, 60));
  expect(ends(windows)).toEqual([3, 5 * MINUTE, [60, 300]]);
  windows.remove(windows.oldest()?.names ?? []);
  expect(ends(windows)).toEqual([1, 10 * MINUTE, [60]]);
});

it("does not put windows of two promises into one message", () => {
  const lab = { profile: "lab" } as unknown as ClosedWindows["privacy"];
  expect(ends(waiting(closed(MINUTE, 60), closed(MINUTE, 300, { privacy: lab })))).toEqual([2, MINUTE, [60]]);
});

it("forgets what closed in a turn that never ended", () => {
  const windows = waiting(closed(MINUTE, 60), closed(2 * MINUTE, 60));
  windows.removeAfter(MINUTE);
  expect(ends(windows)).toEqual([1, MINUTE, [60]]);
});

it("forgets what was sealed, length by length", () => {
  const windows = waiting(closed(5 * MINUTE, 60), closed(5 * MINUTE, 300));
  windows.removeSealed({ 60: 5 * MINUTE });
  expect(ends(windows)).toEqual([1, 5 * MINUTE, [300]]);
});

it("moves labels from the open window backwards, one window apart", () => {
  const windows = waiting(closed(MINUTE, 60), closed(2 * MINUTE, 60, { endAtMs: 2 * MINUTE - 50_000 }));
  windows.relabel(100 * MINUTE, new Map([[60, 101 * MINUTE]]));
  expect(ends(windows)).toEqual([2, 100 * MINUTE, [60]]);
});
