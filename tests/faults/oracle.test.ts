import { describe, expect, it } from "vitest";
import { type CityRecord, type Evidence, judge } from "./oracle.ts";
import type { Passage } from "./truth.ts";

const WINDOW_MS = 3000;
const T0 = 1_800_000_000_000;

/** The n-th window, counted from 0. */
const endOf = (n: number) => T0 + (n + 1) * WINDOW_MS;

function record(n: number, count: number | null, quality: CityRecord["quality"] = "ok"): CityRecord {
  return { sensor: "gate", endMs: endOf(n), quality, count, coveredSeconds: quality === "ok" ? 3 : 1 };
}

/** One passage in the middle of the n-th window. */
function passage(n: number, fate: Passage["fate"] = "sure"): Passage {
  const atMs = T0 + n * WINDOW_MS + 1500;
  return { sensor: "gate", atMs, readMs: atMs + 200, count: 1, fate };
}

const LEDGER = { appended: 5, queued: 0, accepted: 4, rejected: 0, dropped: 1 };

/** Three windows with a passage each: nothing went wrong. */
function evidence(changes: Partial<Evidence> = {}): Evidence {
  return {
    windowMs: WINDOW_MS,
    sensors: ["gate"],
    passages: [passage(0), passage(1), passage(2)],
    records: [record(0, 1), record(1, 1), record(2, 1)],
    arrived: [{ epoch: "a", ranges: [[0, 2]] }],
    events: [],
    kept: [],
    declaredNumbers: [],
    declaredWindows: [],
    reasons: [],
    totals: [],
    alarms: [],
    crashes: [],
    ledgers: [LEDGER],
    freshAfterMs: 5000,
    freshLimitMs: 6000,
    ...changes,
  };
}

const found = (changes: Partial<Evidence>) => judge(evidence(changes)).map(({ what }) => what);

describe("the oracle", () => {
  it("finds nothing where nothing is wrong", () => {
    expect(judge(evidence())).toEqual([]);
  });

  it("finds a whole window that misses a passage, and one that has too many", () => {
    expect(found({ records: [record(0, 1), record(1, 0), record(2, 1)] })).toEqual([
      expect.stringContaining("counted 0, at least 1"),
    ]);
    expect(found({ records: [record(0, 1), record(1, 1), record(2, 3)] })).toEqual([
      expect.stringContaining("counted 3, at most 1"),
    ]);
  });

  it("finds a window that says that it is whole although nobody was there to read", () => {
    const passages = [passage(0), passage(1, "lost"), passage(2)];
    const records = [record(0, 1), record(1, 0), record(2, 1)];
    expect(found({ passages, records })).toEqual([expect.stringContaining("says that it is whole")]);
    expect(found({ passages, records: [record(0, 1), record(1, 0, "partial"), record(2, 1)] })).toEqual([]);
  });

  it("finds a partial window that lost what was surely read, and lets it lose what was on its way", () => {
    const records = [record(0, 1), record(1, 0, "partial"), record(2, 1)];
    expect(found({ records })).toEqual([expect.stringContaining("at least 1 were read")]);
    expect(found({ records, passages: [passage(0), passage(1, "maybe"), passage(2)] })).toEqual([]);
  });

  it("finds a passage that was counted twice over two windows", () => {
    const atMs = endOf(0) - 100;
    const late = [{ ...passage(0), atMs, readMs: atMs + 200 }, passage(1), passage(2)];
    const next = [record(0, 0), record(1, 2), record(2, 1)];
    expect(found({ passages: late, records: next })).toEqual([]);
    const twice = [record(0, 1), record(1, 2), record(2, 1)];
    expect(found({ passages: late, records: twice })).toEqual([
      expect.stringContaining("counted 3, at most 2"),
    ]);
  });

  it("finds a window that never came, unless a gap declares all of it", () => {
    const records = [record(0, 1), record(2, 1)];
    expect(found({ records })).toEqual([expect.stringContaining("never came")]);
    const declared = (toMs: number) => [{ fromMs: endOf(0), toMs }];
    expect(found({ records, declaredWindows: declared(endOf(1)) })).toEqual([]);
    expect(found({ records, declaredWindows: declared(endOf(1) - 1) })).toHaveLength(1);
  });

  it("finds a window that came twice", () => {
    const records = [record(0, 1), record(1, 1), record(1, 1), record(2, 1)];
    expect(found({ records })).toContainEqual(expect.stringContaining("came twice"));
  });

  it("finds a number that never came, one that came twice, and one that was kept last and never came", () => {
    expect(
      found({
        arrived: [
          {
            epoch: "a",
            ranges: [
              [0, 0],
              [2, 2],
            ],
          },
        ],
      }),
    ).toEqual(["a/1 never came"]);
    expect(
      found({
        arrived: [
          {
            epoch: "a",
            ranges: [
              [0, 2],
              [1, 1],
            ],
          },
        ],
      }),
    ).toEqual(["a/1 came 2 times"]);
    expect(found({ kept: [{ epoch: "a", lastSeq: 3 }] })).toEqual(["a/3 never came"]);
    const declaredNumbers = [{ epoch: "a", ranges: [[3, 3] as const] }];
    expect(found({ kept: [{ epoch: "a", lastSeq: 3 }], declaredNumbers })).toEqual([]);
  });

  it("finds an event that never came", () => {
    expect(found({ events: [{ epoch: "e", ranges: [[1, 1]] }] })).toEqual(["event e/0 never came"]);
  });

  it("passes on what the reader refused, and processes that ended by themselves", () => {
    expect(found({ alarms: ["window_conflict"], crashes: ["sense: assertion"] })).toEqual([
      "window_conflict",
      "sense: assertion",
    ]);
  });

  it("finds a running total that lost or gained, and allows a loss only with rows that were lost and declared", () => {
    const totals = [{ sensor: "gate", count: 4 }];
    expect(found({ totals })).toEqual(["gate went up by 4, counted 3"]);
    expect(found({ totals, reasons: ["power_cut"] })).toHaveLength(1);
    expect(found({ totals, reasons: ["corrupt_rows"] })).toEqual([]);
    expect(found({ totals: [{ sensor: "gate", count: 2 }], reasons: ["corrupt_rows"] })).toHaveLength(1);
    expect(found({ totals: [{ sensor: "gate", count: 3 }] })).toEqual([]);
  });

  it("finds an outbox whose books do not agree, and rows that stay", () => {
    expect(found({ ledgers: [{ ...LEDGER, dropped: 0 }, LEDGER] })).toHaveLength(1);
    expect(found({ ledgers: [{ ...LEDGER, queued: 1, dropped: 0 }] })).toEqual(["1 rows are still queued"]);
  });

  it("finds a gateway that stays silent, or late, when all is well again", () => {
    expect(found({ freshAfterMs: null })).toEqual(["it never came"]);
    expect(found({ freshAfterMs: 6001 })).toEqual(["it came after 6001 ms"]);
  });
});
