import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CountingLine } from "../../src/config/schema.ts";
import { MAX_TRACKS, noTracks, stepTracks, type TracksState } from "../../src/sense/count/tracks.ts";

const HYSTERESIS = 0.5;
/** Longer than any walk below can get around. */
const ENDLESS: CountingLine = {
  id: "line",
  from: [-1000, 0],
  to: [1000, 0],
  in: "left",
  hysteresisMetres: HYSTERESIS,
};

const metres = fc.oneof(
  fc.double({ min: -3, max: 3, noNaN: true }),
  fc.constantFrom(0, -0, HYSTERESIS, -HYSTERESIS, 0.1, -0.1),
);
const walks = fc.array(fc.record({ x: metres, y: metres }), { minLength: 2, maxLength: 60 });

type Place = { readonly x: number; readonly y: number };

function walk(places: readonly Place[], line: CountingLine): { in: number; out: number } {
  const sum = { in: 0, out: 0 };
  let state: TracksState = noTracks;
  for (const [at, place] of places.entries()) {
    const stepped = stepTracks(state, { points: [{ id: "a", ...place }], whole: true }, at * 100, [line]);
    state = stepped.state;
    for (const crossing of stepped.crossings) {
      sum.in += crossing.in;
      sum.out += crossing.out;
    }
  }
  return sum;
}

/** The sides one after another: the first one seen, then each that was reached beyond the hysteresis. */
function sides(places: readonly Place[]): number[] {
  const first = places.find(({ y }) => y !== 0)?.y ?? 0;
  const confirmed = places.filter(({ y }) => Math.abs(y) >= HYSTERESIS).map(({ y }) => Math.sign(y));
  return [Math.sign(first), ...confirmed];
}

describe("tracks and an endless line", () => {
  it("count on balance the change of side, and never twice the same way without a way back", () => {
    fc.assert(
      fc.property(walks, (places) => {
        const counted = walk(places, ENDLESS);
        const reached = sides(places);
        const changes = reached.filter((side, at) => at > 0 && side !== reached[at - 1]);
        expect(counted).toEqual({
          in: changes.filter((side) => side > 0).length,
          out: changes.filter((side) => side < 0).length,
        });
        expect(counted.in - counted.out).toBe(((reached.at(-1) ?? 0) - (reached[0] ?? 0)) / 2);
      }),
      { numRuns: 500 },
    );
  });

  it("count the same when line and walk are turned together, and the opposite when the line is turned round", () => {
    const turn = ([x, y]: readonly [number, number], angle: number): [number, number] => [
      x * Math.cos(angle) - y * Math.sin(angle),
      x * Math.sin(angle) + y * Math.cos(angle),
    ];
    // Away from the exact limits, where turning rounds one way or the other.
    const clear = fc.array(
      fc.record({ x: fc.integer({ min: -30, max: 30 }), y: fc.constantFrom(-20, -6, -3, 2, 4, 7, 30) }),
      { minLength: 2, maxLength: 40 },
    );
    fc.assert(
      fc.property(clear, fc.double({ min: 0, max: 6.28, noNaN: true }), (tenths, angle) => {
        const places = tenths.map(({ x, y }) => ({ x: x / 10, y: y / 10 }));
        const turned = places.map(({ x, y }) => turn([x, y], angle)).map(([x, y]) => ({ x, y }));
        const line = { ...ENDLESS, from: turn(ENDLESS.from, angle), to: turn(ENDLESS.to, angle) };
        const counted = walk(places, ENDLESS);
        expect(walk(turned, line)).toEqual(counted);
        expect(walk(turned, { ...line, from: line.to, to: line.from })).toEqual({
          in: counted.out,
          out: counted.in,
        });
      }),
    );
  });

  it("count nothing around a short line that the walk never passes between its ends", () => {
    const far: CountingLine = { ...ENDLESS, from: [10, 0], to: [11, 0] };
    fc.assert(
      fc.property(walks, (places) => {
        expect(walk(places, far)).toEqual({ in: 0, out: 0 });
      }),
    );
  });

  it("split one line into two that together count as one, at every crossing by a person who goes on", () => {
    const left: CountingLine = { ...ENDLESS, to: [0.25, 0], hysteresisMetres: 0 };
    const right: CountingLine = { ...ENDLESS, from: [0.25, 0], hysteresisMetres: 0 };
    const whole = { ...ENDLESS, hysteresisMetres: 0 };
    const clear = fc.array(
      fc.record({ x: fc.integer({ min: -3, max: 3 }), y: fc.constantFrom(-2, -1, 1, 2) }),
      { minLength: 2, maxLength: 40 },
    );
    fc.assert(
      fc.property(clear, (places) => {
        const [one, other, both] = [left, right, whole].map((line) => walk(places, line));
        expect({
          in: (one?.in ?? 0) + (other?.in ?? 0),
          out: (one?.out ?? 0) + (other?.out ?? 0),
        }).toEqual(both);
      }),
    );
  });

  it("remember a bounded number of tracks, whatever the ids and times", () => {
    const list = fc.record({
      ids: fc.array(fc.nat({ max: 5000 }), { maxLength: 256 }),
      laterMs: fc.integer({ min: -1000, max: 4000 }),
    });
    fc.assert(
      fc.property(fc.array(list, { maxLength: 15 }), (lists) => {
        let state: TracksState = noTracks;
        let atMs = 0;
        for (const { ids, laterMs } of lists) {
          atMs += laterMs;
          const points = ids.map((id) => ({ id: String(id), x: 0, y: id % 2 ? 1 : -1 }));
          state = stepTracks(state, { points, whole: true }, atMs, [ENDLESS]).state;
          expect(state.size).toBeLessThanOrEqual(MAX_TRACKS);
        }
      }),
      { numRuns: 50 },
    );
  });
});
