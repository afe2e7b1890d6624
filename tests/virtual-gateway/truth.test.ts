import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { judge } from "../faults/oracle.ts";
import type { Printed } from "../kit/live-gateway.ts";
import { Bench } from "./scenario.ts";
import { evidence, others, type Question, tally } from "./truth.ts";

const FROM_MS = Date.parse("2026-11-21T12:00:00Z");
const WINDOW_MS = 5_000;
const time = (window: number) => new Date(FROM_MS + window * WINDOW_MS).toISOString();

let folder: string;
let bench: Bench;

/** Two people in each of three windows, and a last line that was cut. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-truth-"));
  bench = new Bench({ image: "", deb: "", scratch: folder, seed: 1, long: false });
  const rows = [0, 1, 2].flatMap((window) => [1_000, 3_000].map((ms) => FROM_MS + window * WINDOW_MS + ms));
  const text = rows.map((wallMs, n) => `${wallMs} ${n} 8\n`).join("");
  writeFileSync(join(bench.share, "results/truth.log"), `${text}179`);
});
afterEach(() => rmSync(folder, { recursive: true }));

function record(window: number, count: number, quality = "ok"): Printed {
  const value = { in: count, out: 0 };
  return { type: "record", sensor: "gate", end: time(window + 1), quality, value, epoch: "e", seq: window };
}

function seen(printed: readonly Printed[]) {
  const outside = { printed } as unknown as Question["outside"];
  return evidence({ bench, outside, sensor: "gate", windowMs: WINDOW_MS }, true);
}

const wrong = (printed: readonly Printed[]) => judge(seen(printed)).map(({ rule }) => rule);

it("finds nothing wrong where every window tells what passed", () => {
  expect(wrong([record(0, 2), record(1, 2), record(2, 2)])).toEqual([]);
});

it("finds a passage that a whole window lacks, or that was counted twice", () => {
  expect(wrong([record(0, 2), record(1, 1), record(2, 2)])).toHaveLength(1);
  expect(wrong([record(0, 2), record(1, 3), record(2, 2)])).toHaveLength(1);
});

it("takes less from a partial window, and never more than the truth", () => {
  expect(wrong([record(0, 2), record(1, 1, "partial"), record(2, 2)])).toEqual([]);
  expect(wrong([record(0, 2), record(1, 3, "partial"), record(2, 2)])).toHaveLength(1);
});

it("wants a window that is not there to be declared, with its number", () => {
  const [first, last] = [record(0, 2), record(2, 2)];
  expect(wrong([first, last])).toHaveLength(2);
  const windows = [{ seconds: 5, from: time(1), to: time(2) }];
  const numbers = { epoch: "e", ranges: [[1, 1]] };
  const gap = { type: "event", epoch: "o", seq: 0, kind: "gap", reason: "power_cut", windows, numbers };
  expect(wrong([first, gap, last])).toEqual([]);
});

it("finds a window that came twice", () => {
  expect(wrong([record(0, 2), record(1, 2), record(2, 2), record(1, 2)])).not.toEqual([]);
});

it("counts windows that are not whole by themselves", () => {
  const words = "2 in 1 whole windows, 1 in 1 others";
  expect(tally(seen([record(0, 2), record(1, 1, "partial")]))).toEqual({ whole: 1, partial: 1, words });
});

it("says of each window that is not whole why, as far as it is told", () => {
  const partial = { ...record(1, 1, "partial"), covered: 3.2, flags: ["edges_lost", "lab"] };
  const none = { ...record(2, 0, "not_measured"), covered: 0 };
  expect(others([record(0, 2), partial, none])).toBe(
    "12:00:10 partial 3.2 s edges_lost lab, 12:00:15 not_measured 0 s",
  );
});
