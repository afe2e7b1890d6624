import { setImmediate as soon } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GpioLine } from "../../src/sense/line/gpio-line.ts";
import type { GpioSettings } from "../../src/sense/line/gpio-request.ts";
import { CountingClock } from "../kit/counting-clock.ts";
import type { GpioBench } from "../kit/gpio-chip.ts";
import { LineRecorder } from "../kit/line-recorder.ts";
import { aWhile, until } from "../kit/until.ts";
import { type LineRig, lineContract } from "./line.contract.ts";

const QUIET = { bias: "as-is", activeLow: false, debounceMs: 0 } as const;

/** How line a stood at the opening and after each edge since. */
const levelsOf = (told: LineRecorder["told"]) =>
  told.flatMap((one) => (one.kind === "up" ? [one.levels.a] : one.kind === "edge" ? [one.edge.level] : []));

/** What a line of GPIO edges promises beyond what every line does, on a chip of the kernel and on a made one. */
export function gpioLineContract(title: string, makeBench: () => GpioBench): void {
  lineContract(title, () => gpioRig(makeBench()));

  describe(`${title} keeps the contract of a line of edges`, () => {
    let bench: GpioBench;
    let told: LineRecorder;
    let line: GpioLine | undefined;
    const clock = new CountingClock();

    beforeEach(() => {
      bench = makeBench();
      told = new LineRecorder();
    });
    afterEach(async () => {
      await line?.stop();
      bench.dispose();
    });

    const start = (settings: Partial<GpioSettings>) => {
      line = lineOn(bench, clock, { lines: { a: 4, b: 5 }, ...settings });
      line.start(told);
    };
    const opened = async (settings: Partial<GpioSettings> = {}) => {
      bench.plug();
      start(settings);
      await until(() => told.ups === 1, "the line is up");
    };
    /** Changes the level of line 4 so many times, with the loop blocked all the while. */
    const change = (times: number) => {
      for (let time = 1; time <= times; time++) bench.set(4, time % 2 === 1 ? 1 : 0);
    };
    const arrived = (count: number) => until(() => told.edges.length >= count, `${count} edges arrive`);

    test("every change arrives once, in order, with its line and its level", async () => {
      await opened();
      const levels = { a: 0, b: 0 } as { a: 0 | 1; b: 0 | 1 };
      let expected = 0;
      const changes = fc.array(fc.constantFrom("a" as const, "b" as const), { minLength: 1, maxLength: 60 });
      await fc.assert(
        fc.asyncProperty(changes, async (names) => {
          const wanted = names.map((name) => {
            levels[name] = levels[name] === 0 ? 1 : 0;
            bench.set(name === "a" ? 4 : 5, levels[name]);
            return { name, level: levels[name] };
          });
          await arrived(expected + wanted.length);
          const got = told.edges.slice(expected).map(({ name, level }) => ({ name, level }));
          expect(got).toEqual(wanted);
          expected += wanted.length;
        }),
        { numRuns: 10 },
      );
      expect(told.edgesLost).toBe(0);
    });

    test("an edge has the time of the change, however late it is read", async () => {
      await opened();
      const before = clock.monotonic();
      bench.set(4, 1);
      const after = clock.monotonic();
      while (clock.monotonic() < after + 100); // The loop is busy.
      await arrived(1);
      expect(told.edges[0]?.atMs).toBeGreaterThanOrEqual(before);
      expect(told.edges[0]?.atMs).toBeLessThanOrEqual(after);
    });

    test("the level that a line has at the opening is told with it, and is no edge", async () => {
      bench.plug();
      bench.set(4, 1);
      await opened();
      await aWhile();
      expect(told.openings).toEqual([{ a: 1, b: 0 }]);
      expect(told.edges).toEqual([]);
      bench.set(4, 0);
      await arrived(1);
      expect(told.edges).toMatchObject([{ name: "a", level: 0 }]);
    });

    test("every opening tells the levels anew", async () => {
      await opened();
      bench.set(4, 1);
      await arrived(1);
      bench.unplug();
      await until(() => told.downs.length > 0, "the line is down");
      bench.plug();
      bench.set(5, 1);
      await until(() => told.ups === 2, "the line is up again");
      // A chip that was away may come back with any level: what counts is what it says at the end.
      const levels = { a: 0, b: 0, ...told.openings[1] };
      for (const { name, level } of told.edges.slice(1)) Object.assign(levels, { [name]: level });
      expect(levels).toEqual({ a: 0, b: 1 });
    });

    test("changes while the line opens are told once, as the level or as an edge", async () => {
      bench.plug();
      let wanted: 0 | 1 = 0;
      for (let round = 0; round < 8; round++) {
        const before = told.told.length;
        const own = lineOn(bench, clock, { lines: { a: 4 } });
        own.start(told);
        for (let time = 0; time < 3; time++) {
          wanted = wanted === 0 ? 1 : 0;
          bench.set(4, wanted);
          await soon();
        }
        const heard = () => levelsOf(told.told.slice(before));
        await until(() => heard().at(-1) === wanted, "the last change is told");
        await aWhile();
        await own.stop();
        const levels = heard();
        expect(levels.at(-1)).toBe(wanted);
        expect(levels.slice(1)).toEqual(levels.slice(0, -1).map((level) => (level === 0 ? 1 : 0)));
      }
    });

    test("levels are turned round where the line is active-low", async () => {
      await opened({ activeLow: true });
      expect(told.openings).toEqual([{ a: 1, b: 1 }]);
      change(2);
      await arrived(2);
      expect(told.edges.map(({ level }) => level)).toEqual([0, 1]);
    });

    test("900 changes while the loop stands still are all told", async () => {
      await opened();
      change(900);
      await arrived(900);
      expect([told.edges.length, told.edgesLost]).toEqual([900, 0]);
    });

    test("what the full queue of the kernel dropped is told as lost, before what came after it", async () => {
      await opened();
      change(2);
      await arrived(2);
      change(1500);
      await until(() => told.edges.length + told.edgesLost >= 1502, "all are accounted for");
      expect([told.edges.length, told.edgesLost]).toEqual([2 + 1024, 1500 - 1024]);
      expect(told.told.map(({ kind }) => kind).slice(0, 5)).toEqual(["up", "edge", "edge", "lost", "edge"]);
    });

    test("a line is found by the name that the board gives it", async () => {
      await opened({ lines: { pulse: bench.lineName } });
      bench.set(3, 1);
      await arrived(1);
      expect(told.edges).toMatchObject([{ name: "pulse", level: 1 }]);
    });

    test.each([
      ["device.no_chip", { chip: "no-such-chip" }],
      ["device.no_line", { lines: { a: 32 } }],
      ["device.no_line", { lines: { a: "no-such-name" } }],
    ] as const)("%s says that %j is not there", async (code, settings) => {
      bench.plug();
      start(settings);
      await until(() => told.downs.length > 0, "the line is down");
      expect(told.downs).toEqual([code]);
    });

    test("device.line_busy says that somebody else has the line, until it is free", async () => {
      bench.plug();
      const letGo = bench.take(4);
      start({});
      await until(() => told.downs.length > 0, "the line is down");
      expect(told.downs).toEqual(["device.line_busy"]);
      letGo();
      await until(() => told.ups === 1, "the line is up");
    });
  });
}

function lineOn(bench: GpioBench, clock: CountingClock, settings: Partial<GpioSettings>): GpioLine {
  const { request } = bench;
  return new GpioLine({
    settings: { chip: bench.label, lines: { a: 4 }, ...QUIET, ...settings },
    clock,
    jitterBelow: (limit) => Math.min(limit, 20),
    ...(request && { request }),
  });
}

function gpioRig(bench: GpioBench): LineRig {
  const clock = new CountingClock();
  const line = lineOn(bench, clock, {});
  let level: 0 | 1 = 0;
  return {
    line,
    absent: "device.no_chip",
    start: (listener) => line.start(listener),
    plug() {
      bench.plug();
      level = 0;
    },
    unplug: () => bench.unplug(),
    say() {
      level = level === 0 ? 1 : 0;
      bench.set(4, level);
    },
    until,
    aWhile,
    held: () => [...clock.pending, ...bench.held()],
    async dispose() {
      await line.stop();
      bench.dispose();
    },
  };
}
