import { describe, expect, it } from "vitest";
import { type Zone, zonesOf } from "../../../src/sense/count/zones.ts";

const square = (id: string, x: number, y: number, size = 1): Zone => ({
  id,
  corners: [
    [x, y],
    [x + size, y],
    [x + size, y + size],
    [x, y + size],
  ],
});
/** The letter U, open at the top: 3 wide, 3 high, the gap 1 wide from y = 1 up. */
const U: Zone = {
  id: "u",
  corners: [
    [0, 0],
    [3, 0],
    [3, 3],
    [2, 3],
    [2, 1],
    [1, 1],
    [1, 3],
    [0, 3],
  ],
};
const at = (x: number, y: number) => ({ x, y });
const holds = (zone: Zone, x: number, y: number) => zonesOf([at(x, y)], [zone]).get(zone.id) === 1;

describe("zones", () => {
  it("have a number each, zero too, and none without zones", () => {
    expect(zonesOf([], [square("a", 0, 0), square("b", 5, 5)])).toEqual(
      new Map([
        ["a", 0],
        ["b", 0],
      ]),
    );
    expect(zonesOf([at(0, 0)], [])).toEqual(new Map());
  });

  it("count everybody inside, and a person in every zone that overlaps there", () => {
    const people = [at(0.5, 0.5), at(0.6, 0.6), at(1.5, 1.5), at(9, 9)];
    expect(zonesOf(people, [square("small", 0, 0), square("large", 0, 0, 2)])).toEqual(
      new Map([
        ["small", 2],
        ["large", 3],
      ]),
    );
  });

  it("may be concave", () => {
    expect([holds(U, 0.5, 2), holds(U, 2.5, 2), holds(U, 1.5, 0.5)]).toEqual([true, true, true]);
    expect([holds(U, 1.5, 2), holds(U, -0.5, 2), holds(U, 3.5, 2), holds(U, 1.5, 3.5)]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it("hold the same whichever way round and from whichever corner they are written", () => {
    const places = Array.from({ length: 441 }, (_, n) =>
      at((n % 21) * 0.2 - 0.5, Math.floor(n / 21) * 0.2 - 0.5),
    );
    const held = ({ corners }: Zone) => places.map(({ x, y }) => holds({ id: "u", corners }, x, y));
    const turned = [...U.corners.slice(3), ...U.corners.slice(0, 3)];
    expect(held({ id: "u", corners: turned })).toEqual(held(U));
    expect(held({ id: "u", corners: [...U.corners].reverse() })).toEqual(held(U));
    expect(held(U)).toContain(true);
  });

  it("own their left and lower edges, and leave the others to their neighbours", () => {
    const zone = square("a", 0, 0);
    expect([holds(zone, 0, 0), holds(zone, 0.5, 0), holds(zone, 0, 0.5)]).toEqual([true, true, true]);
    expect([holds(zone, 1, 0.5), holds(zone, 0.5, 1), holds(zone, 1, 1)]).toEqual([false, false, false]);
  });

  it("in a grid hold a corner that four of them share exactly once", () => {
    const grid = [square("a", 0, 0), square("b", 1, 0), square("c", 0, 1), square("d", 1, 1)];
    const counted = [...zonesOf([at(1, 1), at(0.5, 1), at(1, 0.5)], grid)];
    expect(counted).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 1],
      ["d", 1],
    ]);
  });

  it("take a person exactly at the height of a corner once", () => {
    const diamond: Zone = {
      id: "diamond",
      corners: [
        [0, -1],
        [1, 0],
        [0, 1],
        [-1, 0],
      ],
    };
    expect([
      holds(diamond, 0, 0),
      holds(diamond, -0.5, 0),
      holds(diamond, -2, 0),
      holds(diamond, 2, 0),
    ]).toEqual([true, true, false, false]);
  });

  it("may have 32 corners", () => {
    const corners = Array.from({ length: 32 }, (_, n): [number, number] => {
      const radius = n % 2 ? 1 : 3;
      return [radius * Math.cos((n * Math.PI) / 16), radius * Math.sin((n * Math.PI) / 16)];
    });
    const star: Zone = { id: "star", corners };
    expect([holds(star, 2.5, 0), holds(star, 0.5, 0.5)]).toEqual([true, true]);
    expect(holds(star, 2.5 * Math.cos(Math.PI / 16), 2.5 * Math.sin(Math.PI / 16))).toBe(false);
  });
});
