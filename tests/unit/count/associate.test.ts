import { describe, expect, it } from "vitest";
import {
  type AssociationOptions,
  type AssociationState,
  associate,
  BRIDGE_MS,
  MAX_TARGETS,
  MAX_WALKERS,
  nobody,
  type Target,
  WALKING,
} from "../../../src/sense/count/associate.ts";

interface Frame {
  readonly atMs: number;
  /** Who is really where; undefined for somebody who is not seen. */
  readonly places: readonly (Target | undefined)[];
}

/** The local numbers of each person, in the order in which they were given. */
function idsOf(frames: readonly Frame[], options: AssociationOptions = WALKING): string[][] {
  const ids: string[][] = [];
  let state: AssociationState = nobody;
  for (const { atMs, places } of frames) {
    const seen = places.filter((place) => place !== undefined);
    const { state: next, points } = associate(state, seen, atMs, options);
    state = next;
    for (const [person, place] of places.entries()) {
      const point = points.find(({ x, y }) => x === place?.x && y === place.y);
      const known = ids[person] ?? [];
      ids[person] = known;
      if (point && !known.includes(point.id)) known.push(point.id);
    }
  }
  return ids;
}

/** Frames at a rate; each person is a function of the seconds. */
function frames(hz: number, seconds: number, ...people: ((s: number) => Target | undefined)[]): Frame[] {
  return Array.from({ length: Math.floor(seconds * hz) + 1 }, (_, at) => ({
    atMs: (at * 1000) / hz,
    places: people.map((person) => person(at / hz)),
  }));
}

const RATES = [1, 2, 5, 10, 20];

describe("who is who", () => {
  it.each(RATES)("stays clear for somebody who walks at 1.5 m/s, at %i frames a second", (hz) => {
    expect(idsOf(frames(hz, 6, (s) => ({ x: 1.5 * s - 4, y: 0.5 * s })))).toEqual([["1"]]);
  });

  it.each(RATES)("stays clear for two people side by side, at %i frames a second", (hz) => {
    const pair = [0, 0.6].map((x) => (s: number) => ({ x, y: 3 - 1.2 * s }));
    expect(
      idsOf(frames(hz, 5, ...pair))
        .flat()
        .sort(),
    ).toEqual(["1", "2"]);
  });

  it.each([2, 5, 10, 20])(
    "stays clear for two people who pass each other at 0.5 m, at %i frames a second",
    (hz) => {
      const up = (s: number) => ({ x: 0, y: 1.3 * s - 3 });
      const down = (s: number) => ({ x: 0.5, y: 3 - 1.3 * s });
      expect(idsOf(frames(hz, 4.5, up, down)).map((ids) => ids.length)).toEqual([1, 1]);
    },
  );

  it.each([5, 10, 20])("stays clear for two people whose ways cross, at %i frames a second", (hz) => {
    const one = (s: number) => ({ x: 1.1 * s - 3, y: s - 3 });
    const other = (s: number) => ({ x: 3 - 1.2 * s, y: 1.1 * s - 3.2 });
    expect(idsOf(frames(hz, 5, one, other)).map((ids) => ids.length)).toEqual([1, 1]);
  });

  it("does not depend on the slot", () => {
    const people = [0, 1, 2].map((x) => (s: number) => ({ x, y: s }));
    let state = nobody;
    for (const { atMs, places } of frames(10, 3, ...people)) {
      const turned = places.map((_, slot) => places[(slot + atMs / 100) % 3]).filter((place) => !!place);
      const { state: next, points } = associate(state, turned, atMs);
      state = next;
      expect(points.map(({ id, x }) => `${id} at ${x}`).sort()).toEqual(["1 at 0", "2 at 1", "3 at 2"]);
    }
  });

  it("bridges frames that miss somebody, as long as coasting allows", () => {
    const walk = (s: number) => ({ x: 0, y: 1.2 * s });
    const hiddenFor = (ms: number) => (s: number) => (s > 1 && s < 1 + ms / 1000 ? undefined : walk(s));
    expect(idsOf(frames(10, 4, hiddenFor(700)))).toEqual([["1"]]);
    expect(idsOf(frames(10, 4, hiddenFor(1000)))).toEqual([["1", "2"]]);
    expect(idsOf(frames(10, 4, hiddenFor(1000)), { ...WALKING, coastMs: 1000 })).toEqual([["1"]]);
  });

  it("expects somebody who is hidden where the walk leads, behind somebody who stands", () => {
    const walk = (s: number) => (s > 1.45 && s < 2.05 ? undefined : { x: 0, y: 1.2 * s });
    const stands = () => ({ x: 0.3, y: 2.1 });
    expect(idsOf(frames(10, 4, walk, stands)).map((ids) => ids.length)).toEqual([1, 1]);
  });

  it("takes a jump that nobody can walk as somebody else", () => {
    expect(idsOf(frames(10, 1, (s) => ({ x: s < 0.5 ? 0 : 1, y: 0 })))).toEqual([["1", "2"]]);
    expect(idsOf(frames(10, 1, (s) => ({ x: s < 0.5 ? 0 : 0.5, y: 0 })))).toEqual([["1"]]);
  });

  it("is not known any more after a long silence, nor when somebody has been away", () => {
    const at = (atMs: number) => ({ atMs, places: [{ x: 0, y: 0 }] });
    expect(idsOf([at(0), at(BRIDGE_MS)])).toEqual([["1"]]);
    expect(idsOf([at(0), at(BRIDGE_MS + 1)])).toEqual([["1", "2"]]);
    expect(idsOf([at(0), { atMs: 800, places: [] }, at(900)])).toEqual([["1", "2"]]);
  });

  it("never gives a number twice", () => {
    const blink = (s: number) => (Math.floor(s) % 2 ? undefined : { x: 0, y: 0 });
    expect(idsOf(frames(10, 8, blink))).toEqual([["1", "2", "3", "4", "5"]]);
  });

  it("survives noise between two frames that come almost at one time: it is no speed", () => {
    const at = (atMs: number, x: number) => ({ atMs, places: [{ x, y: 0 }] });
    expect(idsOf([at(0, 0), at(1, 0.25), at(101, 0.2), at(201, 0.3)])).toEqual([["1"]]);
  });

  it("survives two frames at one time, and time that stands still", () => {
    const places = [
      { x: 0, y: 0.1 },
      { x: 2, y: 0 },
    ];
    const moved = [
      { x: 0, y: 0.2 },
      { x: 2, y: 0 },
    ];
    expect(
      idsOf([
        { atMs: 0, places },
        { atMs: 0, places: moved },
        { atMs: 0, places },
        { atMs: 100, places },
      ]).map((ids) => ids.length),
    ).toEqual([1, 1]);
  });
});

describe("points", () => {
  it("are where the device saw people, not where they were expected", () => {
    const first = associate(nobody, [{ x: 0, y: 0 }], 0);
    const second = associate(first.state, [{ x: 0.11, y: 0.07 }], 100);
    expect(second.points).toEqual([{ id: "1", x: 0.11, y: 0.07 }]);
  });

  it("leave out those who are hidden, and positions that are not numbers", () => {
    const { state } = associate(nobody, [{ x: 0, y: 0 }], 0);
    const broken = [
      { x: Number.NaN, y: 0 },
      { x: 0, y: Number.POSITIVE_INFINITY },
    ];
    expect(associate(state, broken, 100).points).toEqual([]);
  });

  it("are at most as many as are followed", () => {
    const crowd = Array.from({ length: MAX_TARGETS + 10 }, (_, at) => ({
      x: at % 20,
      y: Math.floor(at / 20),
    }));
    expect(associate(nobody, crowd, 0).points).toHaveLength(MAX_TARGETS);
  });

  it("of crowds that change faster than people are forgotten leave a bounded memory", () => {
    let state = nobody;
    for (let frame = 0; frame < 5; frame++) {
      const crowd = Array.from({ length: MAX_TARGETS }, (_, at) => ({
        x: at % 12,
        y: Math.floor(at / 12) + frame * 20,
      }));
      ({ state } = associate(state, crowd, frame * 20));
    }
    expect(state.walkers.size).toBe(MAX_WALKERS);
    expect([...state.walkers.values()].every(({ seenMs }) => seenMs >= 60)).toBe(true);
  });

  it("carry an id and a place, and the state is left as it was", () => {
    const { state, points } = associate(nobody, [{ x: 1, y: 2, speed: 3, tid: 77 } as Target], 0);
    expect(Object.keys(points[0] ?? {}).sort()).toEqual(["id", "x", "y"]);
    const once = associate(state, [{ x: 1.1, y: 2 }], 100);
    expect(associate(state, [{ x: 1.1, y: 2 }], 100)).toEqual(once);
  });
});
