import { describe, expect, it } from "vitest";
import { systemRandom } from "../../../src/base/random.ts";
import type { LevelOutput, TotalOutput } from "../../../src/config/derived.ts";
import { LARGEST_PUBLISHED } from "../../../src/contract/values.ts";
import type { Output, Record, RecordFields } from "../../../src/model.ts";
import { Derivation } from "../../../src/sense/derive/derivation.ts";
import { release } from "../../../src/sense/guard/release.ts";
import { privacyOf, windowOf } from "../guard/fixtures.ts";

const EXACT = privacyOf({ mechanism: "none", reason: "the sums are in question" });
const flow = (id: string): Output => ({ id, kind: "flow", method: "counted", seconds: 60 });
const gauge = (id: string): Output => ({ ...flow(id), kind: "occupancy", seconds: 300, stat: "max" });
const totalOf = (...parts: [id: string, mirrored?: boolean][]): TotalOutput => ({
  ...{ id: "all", kind: "flow", method: "derived", seconds: 60 },
  parts: parts.map(([id, mirrored = false]) => ({ id, mirrored })),
});
const crowd = (of: LevelOutput["of"], number: LevelOutput["number"], seconds: number): LevelOutput => ({
  ...{ id: "crowd", kind: "level", method: "derived", seconds, of, number },
  thresholds: {
    busy: { from: 40, below: 30 },
    crowded: { from: 80, below: 60 },
    critical: { from: 120, below: 100 },
  },
  ...{ riseWindows: 1, fallWindows: 1 },
});

type Value = Parameters<typeof windowOf>[1];

function record(output: Output, value: Value, fields: Partial<RecordFields> = {}): Record {
  return { ...release(windowOf(output, value), EXACT, systemRandom), ...fields };
}

function derived(derivation: Derivation, ...records: Record[]): RecordFields[] {
  return derivation.from(records, records[0]?.seconds ?? 0).records;
}

const north = (fields: Partial<RecordFields> = {}) => record(flow("north"), { in: 41, out: 3 }, fields);
const south = (fields: Partial<RecordFields> = {}) => record(flow("south"), { in: 5, out: 20 }, fields);

describe("a total", () => {
  const total = new Derivation([totalOf(["north"], ["south", true])]);

  it("adds up its parts, turned where they are mirrored, and says what it is made of", () => {
    expect(derived(total, north(), south())).toEqual([
      {
        ...{ sensor: "all", kind: "flow", seconds: 60, covered: 60, value: { in: 61, out: 8 } },
        ...{ method: "derived", quality: "ok", of: ["north", "south"] },
      },
    ]);
  });

  it("is watched as long as its least part, and as special as all of them together", () => {
    const since = "2026-07-18T13:58:12Z";
    const one = north({ covered: 12.5, quality: "partial", flags: ["catch_up", "lab"], since });
    const other = south({ flags: ["calibration", "lab"] });
    expect(derived(total, one, other)).toMatchObject([
      { covered: 12.5, quality: "partial", flags: ["calibration", "catch_up", "lab"], since },
    ]);
    const unknown = south({ flags: ["catch_up"], since: null });
    expect(derived(total, one, unknown)).toMatchObject([{ since: null }]);
    const later = south({ flags: ["catch_up"], since: "2026-07-18T13:59:00Z" });
    expect(derived(total, one, later)).toMatchObject([{ since }]);
  });

  it("is not measured when a part is not: a sum without it is another sum", () => {
    const gone = record(flow("south"), null, { covered: 0 });
    expect(derived(total, north(), gone)).toMatchObject([
      { covered: 0, value: { in: null, out: null }, quality: "not_measured" },
    ]);
  });

  it("has people present with their statistic, and stays within what may be published", () => {
    const both = new Derivation([{ ...gauge("all"), method: "derived", parts: totalOf(["a"], ["b"]).parts }]);
    const of = (id: string, present: number) => record(gauge(id), { present: 0 }, { value: { present } });
    expect(derived(both, of("a", 7), of("b", -9))).toMatchObject([{ stat: "max", value: { present: -2 } }]);
    expect(derived(both, of("a", LARGEST_PUBLISHED), of("b", 5))).toMatchObject([
      { value: { present: LARGEST_PUBLISHED } },
    ]);
  });
});

describe("a level", () => {
  it("is of one number, and null where that is not measured", () => {
    const numbers = [
      ["in", "busy"],
      ["out", "free"],
      ["both", "busy"],
    ] as const;
    for (const [number, level] of numbers) {
      const one = new Derivation([crowd({ id: "north", kind: "flow" }, number, 60)]);
      expect(derived(one, north())).toEqual([
        {
          ...{ sensor: "crowd", kind: "level", seconds: 60, covered: 60, value: { level } },
          ...{ method: "derived", quality: "ok", of: ["north"] },
        },
      ]);
    }
    const one = new Derivation([crowd({ id: "plein", kind: "occupancy" }, "present", 300)]);
    const gone = record(gauge("plein"), null, { covered: 0 });
    expect(derived(one, gone)).toMatchObject([{ value: { level: null }, quality: "not_measured" }]);
    expect(derived(one, record(gauge("plein"), { present: 90 }))).toMatchObject([
      { value: { level: "crowded" } },
    ]);
  });

  it("may be of a total, and goes on from what it remembered", () => {
    const outputs = [totalOf(["north"], ["south"]), crowd({ id: "all", kind: "flow" }, "both", 60)];
    const before = new Derivation(outputs);
    const level = (one: RecordFields[]) => one[1]?.value;
    const quiet = record(flow("south"), { in: 0, out: 18 });
    expect(level(derived(before, north(), record(flow("south"), { in: 36, out: 0 })))).toEqual({
      level: "crowded",
    });
    // 62 together: it stays, for it is not below 60. Who starts anew only knows that it is busy.
    const after = new Derivation(outputs, JSON.parse(JSON.stringify(before.snapshot())));
    expect(level(derived(after, north(), quiet))).toEqual({ level: "crowded" });
    expect(level(derived(new Derivation(outputs), north(), quiet))).toEqual({ level: "busy" });
  });

  it("closes with its own length only", () => {
    const one = new Derivation([crowd({ id: "plein", kind: "occupancy" }, "present", 300)]);
    expect(derived(one, north())).toEqual([]);
  });
});
