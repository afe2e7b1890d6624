import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CountingLine } from "../../src/config/schema.ts";
import type { TrackPoint } from "../../src/model.ts";
import {
  type AssociationState,
  associate,
  MAX_TARGETS,
  MAX_WALKERS,
  nobody,
  type Target,
} from "../../src/sense/count/associate.ts";
import { type Crossing, noTracks, stepTracks, type TracksState } from "../../src/sense/count/tracks.ts";
import { zonesOf } from "../../src/sense/count/zones.ts";

const metres = fc.double({ min: -5, max: 5, noNaN: true });
const targets = fc.array(fc.record({ x: metres, y: metres }), { maxLength: 12 });
const LINE: CountingLine = { id: "door", from: [-9, 0], to: [9, 0], in: "left", hysteresisMetres: 0.1 };

/** Runs frames through both; `atMs` of each frame in turn. */
function run(frames: readonly (readonly Target[])[], stepMs: number, line: CountingLine) {
  let state: AssociationState = nobody;
  let tracks: TracksState = noTracks;
  const points: (readonly TrackPoint[])[] = [];
  const crossings: Crossing[] = [];
  for (const [at, frame] of frames.entries()) {
    const associated = associate(state, frame, at * stepMs);
    const stepped = stepTracks(tracks, { points: associated.points, whole: true }, at * stepMs, [line]);
    state = associated.state;
    tracks = stepped.state;
    points.push(associated.points);
    crossings.push(...stepped.crossings);
  }
  return { state, tracks, points, crossings };
}

describe("people without identity", () => {
  it("are followed the same in whatever order a frame names them", () => {
    const shuffled = targets.chain((frame) =>
      fc.tuple(fc.constant(frame), fc.shuffledSubarray(frame, { minLength: frame.length })),
    );
    fc.assert(
      fc.property(fc.array(shuffled, { maxLength: 12 }), (frames) => {
        const given = frames.map(([frame]) => frame);
        const turned = frames.map(([, frame]) => frame);
        expect(run(turned, 100, LINE)).toEqual(run(given, 100, LINE));
      }),
    );
  });

  /** Walks that change direction and speed at random, up to 2 m/s, and stay 1 m apart: who would come closer stands still. */
  const walks = fc
    .tuple(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 5, max: 40 }))
    .chain(([people, steps]) =>
      fc.array(
        fc.array(
          fc.record({
            turn: fc.double({ min: 0, max: 6.28, noNaN: true }),
            speed: fc.double({ min: 0, max: 2, noNaN: true }),
          }),
          { minLength: people, maxLength: people },
        ),
        { minLength: steps, maxLength: steps },
      ),
    );

  it("are never swapped at 10 frames a second while they stay 1 m apart, however they turn", () => {
    fc.assert(
      fc.property(walks, (steps) => {
        let places: Target[] = (steps[0] ?? []).map((_, person) => ({ x: person * 1.2, y: 0 }));
        let state = nobody;
        const owners = new Map<string, number>();
        for (const [at, step] of steps.entries()) {
          for (const [person, { turn, speed }] of step.entries()) {
            const from = places[person] ?? { x: 0, y: 0 };
            const to = { x: from.x + 0.1 * speed * Math.cos(turn), y: from.y + 0.1 * speed * Math.sin(turn) };
            const free = places.every(
              (other, n) => n === person || Math.hypot(other.x - to.x, other.y - to.y) > 1,
            );
            if (free) places = places.with(person, to);
          }
          const associated = associate(state, places, at * 100);
          state = associated.state;
          for (const { id, x, y } of associated.points) {
            const person = places.findIndex((place) => place.x === x && place.y === y);
            expect(owners.get(id) ?? person).toBe(person);
            owners.set(id, person);
          }
        }
        expect(owners.size).toBe(places.length);
      }),
    );
  });

  it("never cross a line that they stand on, however they sway by 0.2 m and are missed now and then", () => {
    const jitter = fc.double({ min: -0.2, max: 0.2, noNaN: true });
    const sways = fc.array(
      fc.record({ x: jitter, y: jitter, seen: fc.boolean(), long: fc.nat({ max: 30 }) }),
      {
        maxLength: 80,
      },
    );
    fc.assert(
      fc.property(sways, (sway) => {
        const frames = sway.flatMap(({ x, y, seen, long }) => [
          seen ? [{ x, y }] : [],
          // Now and then for long enough to be forgotten.
          ...Array.from({ length: long === 30 ? 40 : 0 }, () => []),
        ]);
        const gone = Array.from({ length: 40 }, () => []);
        expect(run([...frames, ...gone], 100, { ...LINE, hysteresisMetres: 0.25 }).crossings).toEqual([]);
      }),
    );
  });

  it("never cross a line beside which they stand, while the hysteresis is twice their sway", () => {
    const jitter = fc.double({ min: -0.2, max: 0.2, noNaN: true });
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.array(fc.tuple(jitter, fc.nat(9))),
        (y, sway) => {
          const frames = sway.flatMap(([by, away]) => [
            [{ x: 0, y: y + by }],
            ...Array.from({ length: away === 9 ? 40 : 0 }, () => []),
          ]);
          const gone = Array.from({ length: 40 }, () => []);
          expect(run([...frames, ...gone], 100, { ...LINE, hysteresisMetres: 0.401 }).crossings).toEqual([]);
        },
      ),
    );
  });

  it("take a bounded memory, whatever comes and however fast", () => {
    const wild = fc.oneof(metres, fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e308, -0));
    const crowd = fc.array(fc.record({ x: wild, y: wild }), { maxLength: 200, size: "max" });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(crowd, fc.integer({ min: -100, max: 900 })), { maxLength: 8 }),
        (frames) => {
          let state = nobody;
          let atMs = 0;
          for (const [frame, laterMs] of frames) {
            atMs += laterMs;
            const associated = associate(state, frame, atMs);
            state = associated.state;
            expect(state.walkers.size).toBeLessThanOrEqual(MAX_WALKERS);
            expect(associated.points.length).toBeLessThanOrEqual(MAX_TARGETS);
            expect(new Set(associated.points.map(({ id }) => id)).size).toBe(associated.points.length);
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe("what comes out of the count of tracks", () => {
  /** Numbers that stand out, and an id that does. */
  const canaries = ["4.7113", "-1.8237", "canary-uuid", "73.1"];
  const frames = [-1.8237, 1.8237, -1.8237].map((y) => [{ x: 4.7113, y }]);

  it("holds an id or a place only in the points themselves", () => {
    const far = { ...LINE, hysteresisMetres: 0.1 };
    let tracks: TracksState = noTracks;
    const told: unknown[] = [];
    for (const [at, places] of frames.entries()) {
      const points = places.map((place) => ({ id: "canary-uuid", ...place }));
      const stepped = stepTracks(tracks, { points, whole: true }, at * 100, [far]);
      tracks = stepped.state;
      told.push(
        stepped.crossings,
        zonesOf(points, [
          {
            id: "all",
            corners: [
              [-9, -9],
              [9, -9],
              [9, 9],
              [-9, 9],
            ],
          },
        ]),
      );
    }
    const text = `${inspect(told, { depth: null })} ${JSON.stringify(told)}`;
    expect(text).toContain("door");
    expect(text).toMatch(/'all' => 1/);
    for (const canary of canaries) expect(text).not.toContain(canary);
  });

  it("shows nobody when a state is turned into JSON by mistake", () => {
    const { state, points } = associate(nobody, frames[0] ?? [], 73.1);
    const tracks = stepTracks(noTracks, { points, whole: true }, 0, [LINE]).state;
    expect(state.walkers.size + tracks.size).toBe(2);
    expect(JSON.stringify(points)).toContain("4.7113");
    for (const canary of ["4.7113", "1.8237"]) expect(JSON.stringify([state, tracks])).not.toContain(canary);
  });
});
