import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BeamName, TwoBeamOptions } from "../../src/sense/sensor/two-beam.ts";
import { twoBeamEngine } from "../../src/sense/sensor/two-beam-engine.ts";

const OPTIONS: TwoBeamOptions = {
  debounceMs: 8,
  timeoutMs: 10_000,
  stuckAfterMs: 60_000,
  maxPerSecond: 10,
  in: "a-first",
};

interface Edge {
  readonly atMs: number;
  readonly beam: BeamName;
  readonly level: 0 | 1;
}

/** Times in ms after the walk began at which beam a, then beam b, change; both begin and end clear. */
type Walk = readonly Edge[];

const speed = fc.integer({ min: 4, max: 30 }).map((decimetres) => decimetres / 10);
const walker = fc.record({
  metresPerSecond: speed,
  beamsApartMetres: fc.integer({ min: 6, max: 12 }).map((cm) => cm / 100),
  depthMetres: fc.integer({ min: 20, max: 45 }).map((cm) => cm / 100),
  firstBeam: fc.constantFrom<BeamName>("a", "b"),
  /** How far somebody gets who turns back: only into the first beam, or into both. */
  turnsBackIn: fc.constantFrom(null, null, "first", "both"),
  gapMs: fc.integer({ min: 250, max: 3000 }),
});
type Walker = typeof walker extends fc.Arbitrary<infer One> ? One : never;

function walkOf(one: Walker): Walk {
  const first = one.firstBeam;
  const second = first === "a" ? "b" : "a";
  const between = (one.beamsApartMetres / one.metresPerSecond) * 1000;
  const through = (one.depthMetres / one.metresPerSecond) * 1000;
  const edge = (atMs: number, beam: BeamName, level: 0 | 1): Edge => ({ atMs, beam, level });
  if (one.turnsBackIn === "first") return [edge(0, first, 1), edge(through, first, 0)];
  if (one.turnsBackIn === "both")
    return [
      edge(0, first, 1),
      edge(between, second, 1),
      edge(between + through, second, 0),
      edge(2 * between + through, first, 0),
    ];
  const crossing = [
    edge(0, first, 1),
    edge(between, second, 1),
    edge(through, first, 0),
    edge(between + through, second, 0),
  ];
  return crossing.sort((one, other) => one.atMs - other.atMs);
}

/** Bounces of a contact: pairs of further edges in the first 5 ms, ending at the level it goes to. */
const bounces = fc.array(fc.integer({ min: 1, max: 49 }), { maxLength: 6 }).map((tenths) => {
  const times = [...new Set(tenths)].sort((one, other) => one - other).map((tenth) => tenth / 10);
  return times.length % 2 === 0 ? times : times.slice(1);
});

function shaken({ atMs, beam, level }: Edge, after: readonly number[]): Edge[] {
  const other = level === 1 ? 0 : 1;
  return [
    { atMs, beam, level },
    ...after.map((ms, at) => ({ atMs: atMs + ms, beam, level: at % 2 === 0 ? other : level }) as Edge),
  ];
}

function count(edges: readonly Edge[], tickEveryMs = 50) {
  const engine = twoBeamEngine(OPTIONS);
  const counted = { in: 0, out: 0 };
  const discarded: string[] = [];
  const take = (step: ReturnType<typeof engine.tick>) => {
    discarded.push(...step.discarded);
    for (const reading of step.readings) {
      if (reading.type !== "passages") throw new Error("only passages come from beams");
      counted.in += reading.in;
      counted.out += reading.out;
    }
  };
  let lookMs = 0;
  for (const { atMs, beam, level } of edges) {
    for (; lookMs < atMs; lookMs += tickEveryMs) take(engine.tick(lookMs));
    take(engine.edge(beam, level, atMs));
  }
  take(engine.tick(1e9));
  return { ...counted, discarded, condition: engine.condition };
}

/** A day's traffic: the walks one after the other, each a while after the one before is over. */
function traffic(walkers: readonly Walker[], noise: readonly (readonly number[])[]): Edge[] {
  let nowMs = 1000;
  let nth = 0;
  const edges: Edge[] = [];
  for (const one of walkers) {
    const walk = walkOf(one).map((edge) => ({ ...edge, atMs: edge.atMs + nowMs }));
    for (const edge of walk) edges.push(...shaken(edge, noise[nth++ % Math.max(1, noise.length)] ?? []));
    nowMs = (walk.at(-1)?.atMs ?? nowMs) + one.gapMs;
  }
  return edges.sort((one, other) => one.atMs - other.atMs);
}

const passages = (walkers: readonly Walker[], beam: BeamName) =>
  walkers.filter(({ firstBeam, turnsBackIn }) => firstBeam === beam && turnsBackIn === null).length;

describe("two beams with people walking through", () => {
  it("count 1,000 walks with bounce, both ways and turned back, all right", () => {
    const walks = 1000;
    fc.assert(
      fc.property(
        fc.array(walker, { minLength: walks, maxLength: walks }),
        fc.array(bounces, { minLength: 500, maxLength: 500 }),
        fc.integer({ min: 1, max: 400 }),
        (walkers, noise, tickEveryMs) => {
          const { in: entered, out, discarded, condition } = count(traffic(walkers, noise), tickEveryMs);
          expect({ entered, out, condition }).toEqual({
            entered: passages(walkers, "a"),
            out: passages(walkers, "b"),
            condition: "working",
          });
          expect(new Set(discarded).size).toBeLessThanOrEqual(1);
          expect(discarded.every((why) => why === "bounce")).toBe(true);
          expect(entered + out).toBeGreaterThan(0);
        },
      ),
      { numRuns: 10 },
    );
  });

  it("never throw, never count more than was there to count, and recover, whatever the edges", () => {
    const edge = fc.record({
      stepMs: fc.integer({ min: 0, max: 40 }),
      beam: fc.constantFrom<BeamName>("a", "b"),
      level: fc.constantFrom<0 | 1>(0, 1),
    });
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 200 }), (steps) => {
        let nowMs = 0;
        const noise = steps.map(({ stepMs, beam, level }): Edge => {
          nowMs += stepMs;
          return { atMs: nowMs, beam, level };
        });
        const clear: Edge[] = [
          { atMs: nowMs + 100, beam: "a", level: 0 },
          { atMs: nowMs + 200, beam: "b", level: 0 },
        ];
        const alone = count([...noise, ...clear]);
        expect(alone.in + alone.out).toBeLessThanOrEqual((noise.length + clear.length) / 4);
        const person: Walker = {
          metresPerSecond: 1.4,
          beamsApartMetres: 0.08,
          depthMetres: 0.3,
          firstBeam: "a",
          turnsBackIn: null,
          gapMs: 500,
        };
        const walk = walkOf(person).map((one) => ({ ...one, atMs: one.atMs + nowMs + 20_000 }));
        const both = count([...noise, ...clear, ...walk]);
        expect({ in: both.in - alone.in, out: both.out - alone.out, condition: both.condition }).toEqual({
          in: 1,
          out: 0,
          condition: "working",
        });
      }),
      { numRuns: 300 },
    );
  });
});
