import { describe, expect, it } from "vitest";
import type { Engine } from "../../../src/sense/sensor/engine.ts";
import { pulseEngine } from "../../../src/sense/sensor/pulse-engine.ts";
import { twoBeamEngine, twoBeamOptions } from "../../../src/sense/sensor/two-beam-engine.ts";
import { type LineEdge, levelsAt } from "../../../src/simulators/edges.ts";
import { gpioPulse } from "../../../src/simulators/gpio-pulse.ts";
import { gpioTwoBeam } from "../../../src/simulators/gpio-two-beam.ts";
import { countUntil, passagesOf, thereAndBack, type Walker } from "../../../src/simulators/scene.ts";
import { crowd, walks } from "../../kit/scenes.ts";

const DEBOUNCE_MS = 10;

/** What an engine counts that is opened among these edges, ticked whenever it asks, until long after the last one. */
function counted(engine: Engine, all: readonly LineEdge[], untilMs = 1e6, openedMs = 0) {
  const edges = all.filter(({ atMs }) => atMs > openedMs);
  const sum = { in: 0, out: 0 };
  const discarded: string[] = [];
  const take = (step: ReturnType<Engine["tick"]>) => {
    for (const reading of step.readings) {
      if (reading.type !== "passages") throw new Error("only passages");
      sum.in += reading.in;
      sum.out += reading.out;
    }
    discarded.push(...step.discarded);
  };
  const tickUntil = (atMs: number) => {
    for (let due = engine.dueMs; due !== null && due <= atMs; due = engine.dueMs) take(engine.tick(due));
  };
  take(engine.opened(openedMs, levelsAt(all, openedMs)));
  for (const { name, level, atMs } of edges) {
    tickUntil(atMs);
    take(engine.edge(name, level, atMs));
  }
  tickUntil(untilMs);
  return { ...sum, discarded };
}

const contact = () =>
  pulseEngine({ debounceMs: DEBOUNCE_MS, maxPerSecond: 10, stuckAfterMs: 60_000, counts: "in" });
const beams = (settings = {}) => twoBeamEngine(twoBeamOptions(settings, DEBOUNCE_MS));
const truth = (scene: readonly Walker[]) => countUntil(passagesOf(scene, 2), Number.POSITIVE_INFINITY);
/** Everybody after the other, so that nobody shares the beams. */
const queue = crowd(200, 1500, 900);

describe("a simulated contact", () => {
  it("closes at each passage, and one pulse of a slow relay holds two people", () => {
    const scene = [walks("in", 1000), walks("out", 1600)];
    const edge = (level: 0 | 1, atMs: number) => ({ name: "pulse", level, atMs });
    expect(gpioPulse(scene)).toEqual([edge(1, 1000), edge(0, 1100), edge(1, 1600), edge(0, 1700)]);
    expect(gpioPulse(scene, { pulseMs: 1000 })).toEqual([edge(1, 1000), edge(0, 2600)]);
  });

  it("is counted right by its engine, with and without bounce", () => {
    const everybody = { in: queue.length, out: 0 };
    expect(counted(contact(), gpioPulse(queue))).toEqual({ ...everybody, discarded: [] });
    const bouncing = counted(contact(), gpioPulse(queue, { bounceMs: 6 }));
    expect(bouncing).toMatchObject(everybody);
    expect(bouncing.discarded.length).toBeGreaterThan(queue.length);
  });
});

describe("two simulated beams", () => {
  it("are broken in the order of the walk, and clear in the same order", () => {
    const names = (scene: readonly Walker[]) =>
      gpioTwoBeam(scene).map(({ name, level }) => `${name}${level}`);
    expect(names([walks("in", 1000)])).toEqual(["a1", "b1", "a0", "b0"]);
    expect(names([walks("out", 1000)])).toEqual(["b1", "a1", "b0", "a0"]);
  });

  it("are counted right by their engine both ways, with and without bounce", () => {
    expect(counted(beams(), gpioTwoBeam(queue))).toEqual({ ...truth(queue), discarded: [] });
    expect(counted(beams(), gpioTwoBeam(queue, { bounceMs: 6 }))).toMatchObject(truth(queue));
  });

  it("tell nothing of people who turn back in them, before, between and behind", () => {
    const turned = [1.6, 1.83, 1.9, 1.99].flatMap((far, at) =>
      thereAndBack({ fromMs: at * 9000, untilMs: at * 9000 + 4000, from: [0, 1], to: [0, far] }),
    );
    const edges = gpioTwoBeam(turned);
    expect(edges.filter(({ level }) => level === 1).map(({ name }) => name)).toEqual([
      "a",
      "a",
      "b",
      "a",
      "b",
    ]);
    expect(counted(beams(), edges)).toEqual({ in: 0, out: 0, discarded: [] });
    expect(truth(turned)).toEqual({ in: 0, out: 0 });
  });

  it("make the sensor blocked while one is stuck, and count on when it is clear", () => {
    const [early, late] = [walks("in", 2000), walks("out", 200_000)];
    const stuck = { name: "a", fromMs: 10_000, untilMs: 150_000 } as const;
    const edges = gpioTwoBeam([early, walks("in", 50_000), late], { stuck });
    const engine = beams({ stuckAfterMs: 60_000 });
    expect(
      counted(
        engine,
        edges.filter(({ atMs }) => atMs < 140_000),
        140_000,
      ),
    ).toMatchObject({ in: 1, out: 0 });
    expect(engine.condition).toBe("blocked");
    expect(
      counted(
        engine,
        edges.filter(({ atMs }) => atMs > 140_000),
      ),
    ).toMatchObject({ in: 0, out: 1 });
    expect(engine.condition).toBe("working");
  });

  it("are blocked from the start on when one was broken at the opening, and count on when it is clear", () => {
    const stuck = { name: "a", fromMs: 0, untilMs: 150_000 } as const;
    const edges = gpioTwoBeam([walks("in", 50_000), walks("out", 200_000)], { stuck });
    const engine = beams({ stuckAfterMs: 60_000 });
    const before = edges.filter(({ atMs }) => atMs < 140_000);
    expect(counted(engine, before, 140_000, 10_000)).toMatchObject({ in: 0, out: 0 });
    expect(engine.condition).toBe("blocked");
    const whole = counted(beams({ stuckAfterMs: 60_000 }), edges, 1e6, 10_000);
    expect(whole).toMatchObject({ in: 0, out: 1 });
  });

  it("count nothing for who stood in them at the opening, and everybody after", () => {
    const scene = [walks("in", 1000), walks("out", 9000)];
    const edges = gpioTwoBeam(scene);
    const [first] = edges;
    const times = edges.slice(0, 4).map(({ atMs }) => atMs + 1);
    expect(first?.level).toBe(1);
    for (const openedMs of times) {
      expect(counted(beams(), edges, 1e6, openedMs)).toMatchObject({ in: 0, out: 1 });
    }
  });
});
