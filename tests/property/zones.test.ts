import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Zone, zonesOf } from "../../src/sense/count/zones.ts";

const coordinate = fc.oneof(
  fc.double({ min: -5, max: 5, noNaN: true }),
  fc.integer({ min: -50, max: 50 }).map((tenths) => tenths / 10),
);
type Corner = readonly [number, number];

/** A border from the top to the bottom of the square from -5 to 5: both zones have all its corners. */
const borders = fc.array(fc.tuple(coordinate, coordinate), { minLength: 0, maxLength: 14 }).map((corners) => {
  const heights = [...new Set(corners.map(([, y]) => y))]
    .filter((y) => Math.abs(y) < 5)
    .sort((a, b) => b - a);
  return [[0, 5] as const, ...heights.map((y, at): Corner => [corners[at]?.[0] ?? 0, y]), [1, -5] as const];
});

describe("two zones on both sides of a border", () => {
  it("hold every point between them exactly once, the border and its corners too", () => {
    fc.assert(
      fc.property(
        borders,
        fc.array(fc.tuple(coordinate, coordinate), { maxLength: 30 }),
        (border, places) => {
          const left: Zone = { id: "left", corners: [...border, [-6, -5], [-6, 5]] };
          const right: Zone = { id: "right", corners: [[6, 5], [6, -5], ...[...border].reverse()] };
          // On the border as nearly as numbers can say, reckoned from either end of an edge.
          const middles = border.slice(1).flatMap((to, at): Corner[] => {
            const from = border[at] ?? to;
            const y = (2 * from[1] + to[1]) / 3;
            return [
              [from[0] + ((y - from[1]) / (to[1] - from[1])) * (to[0] - from[0]), y],
              [to[0] + ((y - to[1]) / (from[1] - to[1])) * (from[0] - to[0]), y],
            ];
          });
          const people = [...places, ...border, ...middles]
            .map(([x, y]) => ({ x, y }))
            .filter(({ y }) => y < 5);
          const counted = zonesOf(people, [left, right]);
          for (const point of people)
            expect([...zonesOf([point], [left, right]).values()].sort()).toEqual([0, 1]);
          expect((counted.get("left") ?? 0) + (counted.get("right") ?? 0)).toBe(people.length);
        },
      ),
    );
  });

  it("hold the same people when both are moved by whole metres", () => {
    const tenths = fc.integer({ min: -64, max: 64 }).map((n) => n / 8);
    const corners = fc.array(fc.tuple(tenths, tenths), { minLength: 3, maxLength: 32 });
    const people = fc.array(fc.record({ x: tenths, y: tenths }), { maxLength: 20 });
    fc.assert(
      fc.property(corners, people, fc.integer({ min: -9, max: 9 }), (shape, places, by) => {
        const moved = shape.map(([x, y]): Corner => [x + by, y - by]);
        const there = places.map(({ x, y }) => ({ x: x + by, y: y - by }));
        expect(zonesOf(there, [{ id: "zone", corners: moved }])).toEqual(
          zonesOf(places, [{ id: "zone", corners: shape }]),
        );
      }),
    );
  });
});
