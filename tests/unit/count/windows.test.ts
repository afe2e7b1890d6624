import { expect, it } from "vitest";
import type { Output } from "../../../src/model.ts";
import { endAfter } from "../../../src/sense/count/grid.ts";
import { WindowBook } from "../../../src/sense/count/windows.ts";

const GATE: Output = { id: "gate", kind: "flow", method: "counted", seconds: 60 };
const PLEIN: Output = { id: "plein", kind: "occupancy", method: "counted", seconds: 300, stat: "max" };
/** On the grid of both lengths. */
const NOON = Date.parse("2026-06-01T12:00:00Z");

/** A book whose wall clock shows noon at monotonic time 0. */
function bookFrom(wallMs = NOON, outputs: readonly Output[] = [GATE]): WindowBook {
  const book = new WindowBook(outputs, wallMs);
  for (const output of outputs) book.watch(output, true, wallMs - NOON);
  return book;
}

const advance = (book: WindowBook, atMs: number) => book.advance(NOON + atMs, atMs);

it("closes a window at its end, with what was counted and watched", () => {
  const book = bookFrom();
  book.addFlow("gate", 3, 1);
  expect(advance(book, 59_999).closed).toEqual([]);
  expect(advance(book, 60_000).closed).toEqual([
    {
      endMs: NOON + 60_000,
      windows: [
        { output: GATE, endMs: NOON + 60_000, coveredMs: 60_000, value: { in: 3, out: 1 }, flags: [] },
      ],
    },
  ]);
});

it("gives the time behind the end to the next window when the close comes late", () => {
  const book = bookFrom();
  const [first] = advance(book, 60_700).closed;
  const [second] = advance(book, 120_000).closed;
  expect([first?.windows[0]?.coveredMs, second?.windows[0]?.coveredMs]).toEqual([60_000, 60_000]);
});

it("makes a record for every output of a closing instant, zero or not", () => {
  const { closed } = advance(bookFrom(NOON, [GATE, PLEIN]), 300_000);
  expect(closed.map(({ windows }) => windows.map(({ output }) => output.id))).toEqual([
    ["gate"],
    ["gate"],
    ["gate"],
    ["plein"],
  ]);
});

it("closes windows of two lengths that end together in one instant", () => {
  const book = bookFrom(NOON, [GATE, PLEIN]);
  for (const minute of [1, 2, 3, 4]) advance(book, minute * 60_000);
  book.samplePresent("plein", 7, 250_000);
  const { closed } = advance(book, 300_000);
  expect(closed.map(({ windows }) => windows.map(({ output, value }) => [output.id, value]))).toEqual([
    [
      ["gate", { in: 0, out: 0 }],
      ["plein", { present: 7 }],
    ],
  ]);
});

it("says null, never 0, for a window nobody watched", () => {
  const book = new WindowBook([GATE], NOON);
  const [closed] = advance(book, 60_000).closed;
  expect(closed?.windows[0]).toMatchObject({ value: null, coveredMs: 0 });
});

it("covers only the time in which the output was watched", () => {
  const book = bookFrom();
  book.watch(GATE, false, 10_000);
  book.watch(GATE, true, 30_000);
  book.unwatchSince(GATE, 40_000, 55_000);
  expect(advance(book, 60_000).closed[0]?.windows[0]?.coveredMs).toBe(20_000);
});

it("makes no records up for a long time in which nothing was closed, and says which windows are missing", () => {
  const book = bookFrom();
  const { closed, skipped } = advance(book, 3_600_000);
  expect(closed).toHaveLength(3);
  expect(skipped).toEqual([{ seconds: 60, fromMs: NOON + 180_000, toMs: NOON + 3_600_000 }]);
  expect(book.nextEndMs).toBe(NOON + 3_660_000);
});

it("keeps counting in one window when the wall clock steps back", () => {
  const book = bookFrom();
  book.settle(30_000);
  const stepped = (atMs: number) => book.advance(NOON + atMs - 20_000, atMs);
  expect(stepped(60_000).closed).toEqual([]);
  book.addFlow("gate", 1, 0);
  expect(stepped(80_000).closed[0]?.windows[0]).toMatchObject({
    coveredMs: 80_000,
    value: { in: 1, out: 0 },
  });
});

it("hides no outage in a window that a step back of the wall clock stretched", () => {
  const covered = (watch: (book: WindowBook) => void) => {
    const book = bookFrom();
    book.settle(30_000);
    book.stretch(-20_000);
    watch(book);
    return book.advance(NOON + 60_000, 80_000).closed[0]?.windows[0]?.coveredMs;
  };
  expect(covered(() => {})).toBe(60_000);
  expect(covered((book) => book.blind(GATE, 40_000, 55_000))).toBe(45_000);
  expect(covered((book) => book.blind(GATE, 5_000, 80_000))).toBe(10_000);
  expect(covered((book) => book.watch(GATE, false, 30_000))).toBe(10_000);
});

it("is as long as ever when the wall clock stepped back and forward again", () => {
  const book = bookFrom();
  book.stretch(-20_000);
  book.stretch(20_000);
  expect(advance(book, 60_000).closed[0]?.windows[0]?.coveredMs).toBe(60_000);
});

it("goes on where a snapshot was taken, with the time between not covered", () => {
  const book = bookFrom();
  book.addFlow("gate", 5, 0);
  const snapshot = JSON.parse(JSON.stringify(book.snapshot(20_000)));
  const resumed = WindowBook.resume([GATE], snapshot);
  resumed.watch(GATE, true, 50_000);
  expect(advance(resumed, 60_000).closed[0]?.windows[0]).toMatchObject({
    coveredMs: 30_000,
    value: { in: 5, out: 0 },
  });
});

it("does not count before its first window when the windows before it are closed", () => {
  const book = new WindowBook([GATE], NOON + 10_000, NOON + 60_000);
  book.watch(GATE, true, 10_000);
  book.addFlow("gate", 9, 9);
  expect(advance(book, 60_000).closed).toEqual([]);
  book.addFlow("gate", 1, 0);
  expect(advance(book, 120_000).closed).toMatchObject([
    { endMs: NOON + 120_000, windows: [{ coveredMs: 60_000, value: { in: 1, out: 0 } }] },
  ]);
});

it("closes short under the old label, skips the rest, and counts on with the next window", () => {
  const book = bookFrom();
  book.addFlow("gate", 2, 0);
  const { closed, skipped } = book.closeShort(NOON + 15_000, 15_000);
  expect(closed[0]).toMatchObject({
    endMs: NOON + 60_000,
    windows: [{ coveredMs: 15_000, value: { in: 2, out: 0 } }],
  });
  expect(skipped).toEqual([{ seconds: 60, fromMs: NOON + 15_000, toMs: NOON + 60_000 }]);
  expect([book.startMs(60), book.nextEndMs]).toEqual([NOON + 60_000, NOON + 60_000]);
  book.addFlow("gate", 9, 9);
  expect(book.closeShort(NOON + 20_000, 20_000)).toEqual({ closed: [], skipped: [] });
  expect(advance(book, 60_000).closed).toEqual([]);
  book.addFlow("gate", 1, 0);
  expect(advance(book, 120_000).closed).toMatchObject([
    { endMs: NOON + 120_000, windows: [{ coveredMs: 60_000, value: { in: 1, out: 0 } }] },
  ]);
});

it("forgets a window that has its value already, and no other", () => {
  const book = bookFrom();
  book.addFlow("gate", 2, 0);
  expect(book.skipKept(60, NOON)).toBe(false);
  expect(book.skipKept(300, NOON + 60_000)).toBe(false);
  expect(book.skipKept(60, NOON + 60_000)).toBe(true);
  expect(advance(book, 60_000).closed).toEqual([]);
  expect(advance(book, 120_000).closed).toMatchObject([{ windows: [{ value: { in: 0, out: 0 } }] }]);
});

const BOTH: readonly Output[] = [
  { ...GATE, id: "square" },
  { ...PLEIN, id: "square" },
];

it("counts a flow and an occupancy of one id apart, whichever window closes", () => {
  const book = bookFrom(NOON, BOTH);
  book.samplePresent("square", 7, 10_000);
  book.flag({ id: "square", kind: "flow" }, "edges_lost");
  const values = () => {
    const ended: (readonly [string, unknown])[] = [];
    for (const minute of [1, 2, 3, 4, 5]) {
      book.addFlow("square", minute, 0);
      for (const { windows } of advance(book, minute * 60_000).closed)
        for (const { output, value, flags } of windows) ended.push([output.kind, [value, flags]]);
    }
    return ended;
  };
  expect(values()).toEqual([
    ["flow", [{ in: 1, out: 0 }, ["edges_lost"]]],
    ["flow", [{ in: 2, out: 0 }, []]],
    ["flow", [{ in: 3, out: 0 }, []]],
    ["flow", [{ in: 4, out: 0 }, []]],
    ["flow", [{ in: 5, out: 0 }, []]],
    ["occupancy", [{ present: 7 }, []]],
  ]);
});

it("goes on with both tallies of one id where a snapshot was taken", () => {
  const book = bookFrom(NOON, BOTH);
  book.addFlow("square", 5, 2);
  book.samplePresent("square", 7, 10_000);
  const resumed = WindowBook.resume(BOTH, JSON.parse(JSON.stringify(book.snapshot(20_000))));
  for (const output of BOTH) resumed.watch(output, true, 50_000);
  const closed = [1, 2, 3, 4, 5].flatMap((minute) => advance(resumed, minute * 60_000).closed);
  const windows = closed.flatMap((one) => one.windows);
  expect(windows[0]).toMatchObject({ value: { in: 5, out: 2 }, coveredMs: 30_000 });
  expect(windows.at(-1)).toMatchObject({ value: { present: 7 }, coveredMs: 270_000 });
});

const APART: readonly Output[] = [
  { ...GATE, id: "square", classes: ["bicycle", "person"] },
  { ...PLEIN, id: "square", classes: ["bicycle", "person"] },
];

it("counts each class apart, and has all of them in every window", () => {
  const book = bookFrom(NOON, APART);
  for (const name of ["bicycle", "person"]) book.samplePresent("square", 0, 0, name);
  book.addFlow("square", 2, 1, "person");
  book.addFlow("square", 9, 9, "car");
  book.addFlow("square", 9, 9);
  book.samplePresent("square", 9, 10_000, "constructor");
  book.samplePresent("square", 9, 10_000);
  expect(Object).not.toHaveProperty("gauge");
  book.samplePresent("square", 4, 20_000, "bicycle");
  const windows = [1, 2, 3, 4, 5].flatMap((minute) => advance(book, minute * 60_000).closed);
  const values = windows.flatMap((one) => one.windows.map(({ value }) => value));
  const nobody = { bicycle: { in: 0, out: 0 }, person: { in: 0, out: 0 } };
  expect(values).toEqual([
    { bicycle: { in: 0, out: 0 }, person: { in: 2, out: 1 } },
    ...[nobody, nobody, nobody, nobody],
    { bicycle: { present: 4 }, person: { present: 0 } },
  ]);
  for (const value of values) expect(Object.keys(value ?? {})).toEqual(["bicycle", "person"]);
});

it("goes on with every class where a snapshot was taken, and does not believe who was in view", () => {
  const book = bookFrom(NOON, APART);
  book.addFlow("square", 5, 0, "person");
  book.addFlow("square", 1, 0, "bicycle");
  for (const name of ["bicycle", "person"]) book.samplePresent("square", 3, 10_000, name);
  const resumed = WindowBook.resume(APART, JSON.parse(JSON.stringify(book.snapshot(20_000))));
  for (const output of APART) resumed.watch(output, true, 50_000);
  const closed = Array.from({ length: 10 }, (_, at) => advance(resumed, (at + 1) * 60_000).closed);
  const windows = closed.flat().flatMap((one) => one.windows);
  expect(windows[0]?.value).toEqual({ bicycle: { in: 1, out: 0 }, person: { in: 5, out: 0 } });
  const gauges = windows.filter(({ output }) => output.kind === "occupancy");
  expect(gauges.map(({ value }) => value)).toEqual([
    { bicycle: { present: 3 }, person: { present: 3 } },
    null,
  ]);
});

it("says null for all classes as long as one is not known", () => {
  const book = bookFrom(NOON, APART.slice(1));
  book.samplePresent("square", 3, 0, "person");
  expect(advance(book, 300_000).closed[0]?.windows[0]?.value).toBeNull();
});

it("puts an instant on the edge into the window that begins there", () => {
  expect(endAfter(NOON, 60)).toBe(NOON + 60_000);
  expect(endAfter(NOON - 1, 60)).toBe(NOON);
});
