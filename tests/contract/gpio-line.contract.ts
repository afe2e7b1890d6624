import { setImmediate as soon } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { GpioSettings } from "../../src/sense/line/gpio-request.ts";
import type { Line } from "../../src/sense/line/port.ts";
import { CountingClock } from "../kit/counting-clock.ts";
import type { GpioBench } from "../kit/gpio-chip.ts";
import { LineRecorder } from "../kit/line-recorder.ts";
import { aWhile, until } from "../kit/until.ts";
import { type LineRig, lineContract } from "./line.contract.ts";

const QUIET = { bias: "as-is", activeLow: false, debounceMs: 0 } as const;

/**
 * What a driver has of changes that nobody has looked at yet: a queue of them with their times, or only the latest level
 * and that it has changed.
 */
export type Keeps = "a queue" | "the latest";

/** How line a stood at the opening and after each edge since. */
const levelsOf = (told: LineRecorder["told"]) =>
  told.flatMap((one) => (one.kind === "up" ? [one.levels.a] : one.kind === "edge" ? [one.edge.level] : []));

/** What a line of GPIO edges promises beyond what every line does, on a chip of the kernel and on a made one. */
export function gpioLineContract(title: string, makeBench: () => GpioBench, keeps: Keeps = "a queue"): void {
  lineContract(title, () => gpioRig(makeBench()));
  lineOfEdges(title, makeBench);
  if (keeps === "a queue") lineWithQueue(title, makeBench);
  else lineOfLatest(title, makeBench);
}

interface Stage {
  readonly clock: CountingClock;
  readonly bench: GpioBench;
  readonly told: LineRecorder;
  start(settings: Partial<GpioSettings>): void;
  opened(settings?: Partial<GpioSettings>): Promise<void>;
  /** Changes the level of line 4 so many times, with the loop blocked all the while. */
  change(times: number): void;
  /** The loop does nothing else for so long. */
  block(ms: number): void;
  arrived(count: number): Promise<void>;
}

/** A chip, a line on it and who listens, anew for each test of the block. */
function onStage(makeBench: () => GpioBench): Stage {
  const clock = new CountingClock();
  let bench: GpioBench;
  let told: LineRecorder;
  let line: Line | undefined;
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
  return {
    clock,
    get bench() {
      return bench;
    },
    get told() {
      return told;
    },
    start,
    async opened(settings = {}) {
      bench.plug();
      start(settings);
      await until(() => told.ups === 1, "the line is up");
    },
    change(times) {
      for (let time = 1; time <= times; time++) bench.set(4, time % 2 === 1 ? 1 : 0);
    },
    block(ms) {
      for (const untilMs = clock.monotonic() + ms; clock.monotonic() < untilMs; );
    },
    arrived: (count) => until(() => told.edges.length >= count, `${count} edges arrive`),
  };
}

const ab = fc.constantFrom("a" as const, "b" as const);

function lineOfEdges(title: string, makeBench: () => GpioBench): void {
  describe(`${title} keeps the contract of a line of edges`, () => {
    const stage = onStage(makeBench);

    test("every change that is heard before the next arrives once, with its line and its level", async () => {
      await stage.opened();
      const levels = { a: 0, b: 0 } as { a: 0 | 1; b: 0 | 1 };
      const wanted: object[] = [];
      await fc.assert(
        fc.asyncProperty(fc.array(ab, { minLength: 1, maxLength: 6 }), async (names) => {
          for (const name of names) {
            levels[name] = levels[name] === 0 ? 1 : 0;
            stage.bench.set(name === "a" ? 4 : 5, levels[name]);
            wanted.push({ name, level: levels[name] });
            await stage.arrived(wanted.length);
          }
          expect(stage.told.edges.map(({ name, level }) => ({ name, level }))).toEqual(wanted);
        }),
        { numRuns: 4 },
      );
      expect(stage.told.edgesLost).toBe(0);
    });

    test("the level that a line has at the opening is told with it, and is no edge", async () => {
      stage.bench.plug();
      stage.bench.set(4, 1);
      await stage.opened();
      await aWhile();
      expect(stage.told.openings).toEqual([{ a: 1, b: 0 }]);
      expect(stage.told.edges).toEqual([]);
      stage.bench.set(4, 0);
      await stage.arrived(1);
      expect(stage.told.edges).toMatchObject([{ name: "a", level: 0 }]);
    });

    test("every opening tells the levels anew", async () => {
      await stage.opened();
      const { bench, told } = stage;
      bench.set(4, 1);
      await stage.arrived(1);
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

    test("after changes while the line opens, the level told last is the one that it has", async () => {
      await changedWhileOpening(stage);
    });

    test("levels are turned round where the line is active-low", async () => {
      await stage.opened({ activeLow: true });
      expect(stage.told.openings).toEqual([{ a: 1, b: 1 }]);
      stage.bench.set(4, 1);
      await stage.arrived(1);
      stage.bench.set(4, 0);
      await stage.arrived(2);
      expect(stage.told.edges.map(({ level }) => level)).toEqual([0, 1]);
    });

    test("a line is found by the name that the board gives it", async () => {
      await stage.opened({ lines: { pulse: stage.bench.lineName } });
      stage.bench.set(3, 1);
      await stage.arrived(1);
      expect(stage.told.edges).toMatchObject([{ name: "pulse", level: 1 }]);
    });

    test.each([
      ["device.no_chip", { chip: "no-such-chip" }],
      ["device.no_line", { lines: { a: 32 } }],
      ["device.no_line", { lines: { a: "no-such-name" } }],
    ] as const)("%s says that %j is not there", async (code, settings) => {
      stage.bench.plug();
      stage.start(settings);
      await until(() => stage.told.downs.length > 0, "the line is down");
      expect(stage.told.downs).toEqual([code]);
    });

    test("device.line_busy says that somebody else has the line, until it is free", async () => {
      stage.bench.plug();
      const letGo = stage.bench.take(4);
      stage.start({});
      await until(() => stage.told.downs.length > 0, "the line is down");
      expect(stage.told.downs).toEqual(["device.line_busy"]);
      expect(stage.bench.held()).toEqual([]);
      letGo();
      await until(() => stage.told.ups === 1, "the line is up");
    });
  });
}

/** Opens a line some times, which changes meanwhile. @returns what was told at each opening and after it, in levels */
async function changedWhileOpening({ bench, told, clock }: Stage): Promise<(0 | 1 | undefined)[][]> {
  bench.plug();
  let wanted: 0 | 1 = 0;
  const rounds: (0 | 1 | undefined)[][] = [];
  for (let round = 0; round < 8; round++) {
    const before = told.told.length;
    const line = lineOn(bench, clock, { lines: { a: 4 } });
    line.start(told);
    for (let time = 0; time < 3; time++) {
      wanted = wanted === 0 ? 1 : 0;
      bench.set(4, wanted);
      await soon();
    }
    const heard = () => levelsOf(told.told.slice(before));
    await until(() => heard().at(-1) === wanted, "the last change is told");
    await aWhile();
    await line.stop();
    expect(heard().at(-1)).toBe(wanted);
    rounds.push(heard());
  }
  return rounds;
}

function lineWithQueue(title: string, makeBench: () => GpioBench): void {
  describe(`${title} keeps what happens while nobody looks`, () => {
    const stage = onStage(makeBench);

    test("every change arrives once, in order, with its line and its level", async () => {
      await stage.opened();
      const levels = { a: 0, b: 0 } as { a: 0 | 1; b: 0 | 1 };
      let expected = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(ab, { minLength: 1, maxLength: 60 }), async (names) => {
          const wanted = names.map((name) => {
            levels[name] = levels[name] === 0 ? 1 : 0;
            stage.bench.set(name === "a" ? 4 : 5, levels[name]);
            return { name, level: levels[name] };
          });
          await stage.arrived(expected + wanted.length);
          const got = stage.told.edges.slice(expected).map(({ name, level }) => ({ name, level }));
          expect(got).toEqual(wanted);
          expected += wanted.length;
        }),
        { numRuns: 10 },
      );
      expect(stage.told.edgesLost).toBe(0);
    });

    test("changes while the line opens are told once, as the level or as an edge", async () => {
      for (const levels of await changedWhileOpening(stage))
        expect(levels.slice(1)).toEqual(levels.slice(0, -1).map((level) => (level === 0 ? 1 : 0)));
    });

    test("an edge has the time of the change, however late it is read", async () => {
      await stage.opened();
      const before = stage.clock.monotonic();
      stage.bench.set(4, 1);
      const after = stage.clock.monotonic();
      stage.block(100);
      await stage.arrived(1);
      expect(stage.told.edges[0]?.atMs).toBeGreaterThanOrEqual(before);
      expect(stage.told.edges[0]?.atMs).toBeLessThanOrEqual(after);
    });

    test("900 changes while the loop stands still are all told", async () => {
      await stage.opened();
      stage.change(900);
      await stage.arrived(900);
      expect([stage.told.edges.length, stage.told.edgesLost]).toEqual([900, 0]);
    });

    test("what the full queue of the kernel dropped is told as lost, before what came after it", async () => {
      await stage.opened();
      const { told } = stage;
      stage.change(2);
      await stage.arrived(2);
      stage.change(1500);
      await until(() => told.edges.length + told.edgesLost >= 1502, "all are accounted for");
      expect([told.edges.length, told.edgesLost]).toEqual([2 + 1024, 1500 - 1024]);
      expect(told.told.map(({ kind }) => kind).slice(0, 5)).toEqual(["up", "edge", "edge", "lost", "edge"]);
    });
  });
}

/** Each of these is a loss: a driver that did better should be held to the tests of a queue. */
function lineOfLatest(title: string, makeBench: () => GpioBench): void {
  describe(`${title} keeps only the latest level while nobody looks`, () => {
    const stage = onStage(makeBench);

    test("900 changes while the loop stands still are one edge, and told as lost are not 899 but 1", async () => {
      await stage.opened();
      stage.change(900);
      await stage.arrived(1);
      await aWhile();
      expect([stage.told.edges.length, stage.told.edgesLost]).toEqual([1, 1]);
      expect(stage.told.told.map(({ kind }) => kind)).toEqual(["up", "lost", "edge"]);
    });

    test("901 changes while the loop stands still are one edge, and nothing shows that 900 are missing", async () => {
      await stage.opened();
      stage.change(901);
      await stage.arrived(1);
      await aWhile();
      expect([stage.told.edges.length, stage.told.edgesLost]).toEqual([1, 0]);
    });

    test("an edge has the time at which it was read, however late", async () => {
      await stage.opened();
      const before = stage.clock.monotonic();
      stage.bench.set(4, 1);
      stage.block(100);
      await stage.arrived(1);
      expect(stage.told.edges[0]?.atMs).toBeGreaterThanOrEqual(before + 100);
    });

    test("a debounced pulse that came and went while the loop stood still is no edge, but told as lost", async () => {
      await stage.opened({ debounceMs: 10 });
      stage.change(2);
      stage.block(200);
      await until(() => stage.told.edgesLost > 0, "it is told");
      await aWhile();
      expect([stage.told.edges.length, stage.told.edgesLost]).toEqual([0, 2]);
    });

    test("a level that bounces is one edge, when it has held for debounceMs", async () => {
      await stage.opened({ debounceMs: 20 });
      // From the last bounce on: after it the process may stand still for all of debounceMs.
      let before = 0;
      for (let bounce = 0; bounce < 4; bounce++) {
        before = stage.clock.monotonic();
        stage.change(2);
        await new Promise((resolve) => setImmediate(resolve));
      }
      stage.bench.set(4, 1);
      await stage.arrived(1);
      await aWhile();
      expect(stage.told.edges.map(({ level }) => level)).toEqual([1]);
      expect(stage.told.edges[0]?.atMs).toBeGreaterThanOrEqual(before + 19);
    });
  });
}

function lineOn(bench: GpioBench, clock: CountingClock, settings: Partial<GpioSettings>): Line {
  return bench.line({
    settings: { chip: bench.label, lines: { a: 4 }, ...QUIET, ...settings },
    clock,
    jitterBelow: (limit) => Math.min(limit, 20),
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
