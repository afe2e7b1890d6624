import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { GpioEvent } from "../../../src/base/native/gpio-structs.ts";
import { GpioLine, missedBetween } from "../../../src/sense/line/gpio-line.ts";
import { requestGpio } from "../../../src/sense/line/gpio-request.ts";
import { CountingClock } from "../../kit/counting-clock.ts";
import { FakeGpioChip } from "../../kit/gpio-chip.ts";
import { LineRecorder } from "../../kit/line-recorder.ts";
import { until } from "../../kit/until.ts";

const QUIET = { bias: "as-is", activeLow: false, debounceMs: 0 } as const;
const event = (lineSeqno: number, level: 0 | 1): GpioEvent => ({ offset: 4, level, atMs: 0, lineSeqno });

let chip: FakeGpioChip;
let told: LineRecorder;
let line: GpioLine;
const clock = new CountingClock();

beforeEach(async () => {
  chip = new FakeGpioChip();
  told = new LineRecorder();
  const settings = { chip: chip.label, lines: { a: 4 }, ...QUIET };
  line = new GpioLine({ settings, clock, jitterBelow: () => 0, request: chip.request });
  chip.plug();
  line.start(told);
  await until(() => told.ups === 1, "the line is up");
});
afterEach(() => line.stop());

test("events that follow each other miss nothing; numbers that jump say how many are missing, also around their end", () => {
  expect(missedBetween(undefined, event(1, 1))).toBe(0);
  expect(missedBetween(undefined, event(5, 1))).toBe(4);
  const numbers = fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 5000 }));
  fc.assert(
    fc.property(numbers, ([from, gap]) => {
      expect(missedBetween(event(from, 1), event((from + 1 + gap) >>> 0, 0))).toBe(gap);
    }),
  );
});

test("two edges to the same level had one between them that was too quick", async () => {
  expect(missedBetween(event(7, 1), event(8, 1))).toBe(1);
  chip.set(4, 1);
  chip.interrupt(4);
  await until(() => told.edges.length === 2, "both arrive");
  expect(told.edgesLost).toBe(1);
});

describe("an edge between the request of a line and the question for its level", () => {
  const openWith = async (race: (one: FakeGpioChip) => void) => {
    const racing = new FakeGpioChip();
    racing.plug();
    race(racing);
    const heard = new LineRecorder();
    const settings = { chip: racing.label, lines: { a: 4, b: 5 }, ...QUIET };
    const own = new GpioLine({ settings, clock, jitterBelow: () => 0, request: racing.request });
    own.start(heard);
    await until(() => heard.ups === 1, "the line is up");
    racing.set(5, 1);
    await until(() => heard.edges.some(({ name }) => name === "b"), "a later edge arrives");
    await own.stop();
    const edges = heard.edges.filter(({ name }) => name === "a").map(({ level }) => level);
    return { opening: heard.openings[0], edges, lost: heard.edgesLost };
  };

  test("is an edge, and the level at the opening the one before it", async () => {
    const told = await openWith((chip) => {
      chip.beforeLevels = () => chip.set(4, 1);
    });
    expect(told).toEqual({ opening: { a: 0, b: 0 }, edges: [1], lost: 0 });
  });

  test("is told once, though its interrupt comes after the level was read", async () => {
    const told = await openWith((chip) => {
      chip.beforeLevels = () => chip.setUnheard(4, 1);
      chip.afterLevels = () => chip.interrupt(4);
    });
    expect(told).toEqual({ opening: { a: 0, b: 0 }, edges: [1], lost: 0 });
  });

  test("and back again are two edges", async () => {
    const told = await openWith((chip) => {
      chip.beforeLevels = () => chip.set(4, 1);
      chip.afterLevels = () => chip.set(4, 0);
    });
    expect(told).toEqual({ opening: { a: 0, b: 0 }, edges: [1, 0], lost: 0 });
  });
});

test("a first edge to the level that the line had at the opening had one before it that was too quick", async () => {
  chip.interrupt(4);
  await until(() => told.edges.length === 1, "it arrives");
  expect(told.edgesLost).toBe(1);
});

test("a chip that goes away while its lines are opened is gone, and nothing is held", async () => {
  const going = new FakeGpioChip();
  going.plug();
  going.beforeLevels = () => going.unplug();
  const heard = new LineRecorder();
  const settings = { chip: going.label, lines: { a: 4 }, ...QUIET };
  const own = new GpioLine({ settings, clock, jitterBelow: () => 0, request: going.request });
  own.start(heard);
  await until(() => heard.downs.length > 0, "it is down");
  expect([heard.ups, heard.downs[0], going.held()]).toEqual([0, "device.gone", []]);
  await own.stop();
});

test("what edges cause does not make the kernel's queue overflow: it is emptied between them", async () => {
  let more = 4000;
  let level: 0 | 1 = 0;
  const change = () => {
    level = level === 0 ? 1 : 0;
    chip.set(4, level);
  };
  const heard = told.edge.bind(told);
  told.edge = (edge) => {
    heard(edge);
    for (let time = 0; time < 2 && more > 0; time++, more--) change();
  };
  for (let time = 0; time < 900; time++) change();
  await until(() => told.edges.length + told.edgesLost >= 4900, "all are accounted for");
  expect(told.edgesLost).toBe(0);
});

test("a line that is stopped by what it told goes on with nothing", async () => {
  told.edge = () => void line.stop();
  chip.set(4, 1);
  await until(() => chip.held().length === 0, "it is closed");
  expect(clock.pending).toEqual([]);
});

test("a machine without the chip says so", () => {
  const settings = { chip: "no-such-chip", lines: { a: 4 }, ...QUIET };
  expect(() => requestGpio(settings)).toThrow(expect.objectContaining({ code: "device.no_chip" }));
});
