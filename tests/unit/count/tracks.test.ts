import { describe, expect, it } from "vitest";
import type { CountingLine } from "../../../src/config/schema.ts";
import { MAX_TRACKS, noTracks, stepTracks, type TracksState } from "../../../src/sense/count/tracks.ts";

/** From (-2,0) to (2,0): left is y > 0. */
const LINE: CountingLine = { id: "door", from: [-2, 0], to: [2, 0], in: "left", hysteresisMetres: 0.1 };

type Place = readonly [number, number];

/** Walks one track through places, such as "0,-1 0,1", a step every 100 ms: [in, out] of each line. */
function walk(
  path: string | readonly Place[],
  lines: readonly CountingLine[] = [LINE],
): Record<string, [number, number]> {
  const places =
    typeof path === "string" ? path.split(" ").map((place) => place.split(",").map(Number)) : path;
  const sums: Record<string, [number, number]> = {};
  let state: TracksState = noTracks;
  for (const [at, [x = 0, y = 0]] of places.entries()) {
    const stepped = stepTracks(state, { points: [{ id: "a", x, y }], whole: true }, at * 100, lines);
    state = stepped.state;
    for (const { line, in: entered, out } of stepped.crossings) {
      const [one, other] = sums[line] ?? [0, 0];
      sums[line] = [one + entered, other + out];
    }
  }
  return sums;
}

describe("a track with a class", () => {
  /** Crossings of tracks that are at these places, called so, 100 ms apart. */
  const crossings = (...steps: readonly (readonly [id: string, y: number, name: string])[][]) => {
    let state: TracksState = noTracks;
    return steps.flatMap((step, at) => {
      const points = step.map(([id, y, name]) => ({ id, x: 0, y, class: name }));
      const stepped = stepTracks(state, { points, whole: true }, at * 100, [LINE]);
      state = stepped.state;
      return stepped.crossings;
    });
  };

  it("is counted as what it is called when it has crossed", () => {
    expect(crossings([["a", -1, "person"]], [["a", 1, "bicycle"]])).toEqual([
      { line: "door", in: 1, out: 0, class: "bicycle" },
    ]);
  });

  it("is counted apart from others that cross at the same time", () => {
    const before = [
      ["a", -1, "person"],
      ["b", 1, "bicycle"],
      ["c", -1, "person"],
    ] as const;
    const after = [
      ["a", 1, "person"],
      ["b", -1, "bicycle"],
      ["c", 1, "person"],
    ] as const;
    expect(crossings([...before], [...after])).toEqual([
      { line: "door", in: 2, out: 0, class: "person" },
      { line: "door", in: 0, out: 1, class: "bicycle" },
    ]);
  });

  it("counts once, however often it is called something else", () => {
    const ways = [-1, -0.5, 0.05, 0.2, 0.3, 1].map(
      (y, at) => [["a", y, at % 2 ? "person" : "bicycle"]] as const,
    );
    expect(crossings(...ways.map((step) => [...step]))).toHaveLength(1);
  });

  it("is counted as what it was called last when it was lost beyond the line", () => {
    const lost = crossings(
      [["a", -1, "person"]],
      [["a", 0.05, "bicycle"]],
      ...Array.from({ length: 40 }, () => []),
    );
    expect(lost).toEqual([{ line: "door", in: 1, out: 0, class: "bicycle" }]);
  });
});

describe("a track that crosses a line", () => {
  it("counts towards the side it reaches, looking from `from` to `to`", () => {
    const up: Place[] = [
      [0, -1],
      [0, 1],
    ];
    const down: Place[] = [
      [0, 1],
      [0, -1],
    ];
    expect(walk(up)).toEqual({ door: [1, 0] });
    expect(walk(down)).toEqual({ door: [0, 1] });
    expect(walk(up, [{ ...LINE, in: "right" }])).toEqual({ door: [0, 1] });
    expect(walk(up, [{ ...LINE, from: [2, 0], to: [-2, 0] }])).toEqual({ door: [0, 1] });
  });

  it("counts on a slanted line, too", () => {
    const slanted: CountingLine = { ...LINE, from: [0, 0], to: [3, 4] };
    expect(walk("3,0 0,3", [slanted])).toEqual({ door: [1, 0] });
    expect(
      walk(
        [
          [1, 4 / 3 + 0.12],
          [1, 4 / 3 - 0.12],
        ],
        [slanted],
      ),
    ).toEqual({});
  });

  it("counts once it is confirmed beyond the hysteresis, and only once", () => {
    expect(walk("0,-1 0,0.09")).toEqual({});
    expect(walk("0,-1 0,0.1")).toEqual({ door: [1, 0] });
    expect(walk("0,-1 0,0.05 0,0.2 0,0.05 0,2")).toEqual({ door: [1, 0] });
  });

  it("counts nothing for somebody who stands on the line and sways", () => {
    const sway = Array.from({ length: 200 }, (_, at) => [0, at % 2 ? 0.09 : -0.09] as const);
    expect(walk(sway)).toEqual({});
    expect(walk([[0, -1], ...sway])).toEqual({});
    expect(walk([[0, -1], ...sway, [0, 1]])).toEqual({ door: [1, 0] });
    expect(walk([[0, -1], ...sway, [0, -1]])).toEqual({});
  });

  it("counts nothing for a turn back before the crossing is confirmed", () => {
    expect(walk("0,-1 0,0.05 0,-1")).toEqual({});
  });

  it("counts both crossings of somebody who comes back", () => {
    expect(walk("0,-1 0,1 0,-1 0,1")).toEqual({ door: [2, 1] });
  });

  it("counts nothing around the end of the line, and right after it again", () => {
    expect(walk("0,-1 3,-1 3,1 0,1")).toEqual({});
    expect(walk("0,-1 3,-1 3,1 0,1 0,-1")).toEqual({ door: [0, 1] });
  });

  it("counts through the very ends of the line", () => {
    for (const x of [-2, 2])
      expect(
        walk([
          [x, -1],
          [x, 1],
        ]),
      ).toEqual({ door: [1, 0] });
    for (const x of [-2.001, 2.001])
      expect(
        walk([
          [x, -1],
          [x, 1],
        ]),
      ).toEqual({});
  });

  it("counts nothing for a turn around the end within the hysteresis, either way", () => {
    expect(walk("0,-1 2.1,-0.05 2.1,0.05 1.9,0.05 1.9,-1")).toEqual({});
    expect(walk("1.9,0 1.9,0.05 2.1,0.05 2.1,-0.05 1.9,-0.05 1.9,1")).toEqual({});
  });

  it("counts nothing around the end for somebody who then sways on the line", () => {
    expect(walk("0,-1 2.1,-0.05 2.1,0.05 1.9,0.05 1.9,-0.05 1.9,1")).toEqual({});
  });

  it("does not count a step through the line that is taken back around its end", () => {
    expect(walk("1.9,-0.05 1.9,0.05 2.1,0.05 2.1,-0.05 1.9,-1")).toEqual({});
  });

  it("takes a point exactly on the line as neither side", () => {
    expect(walk("0,-1 0,0 0,1")).toEqual({ door: [1, 0] });
    expect(walk("0,-1 0,0 0,-1")).toEqual({});
    expect(walk("0,0 0,1")).toEqual({});
    expect(walk("0,0 0,0 0,1 0,-1")).toEqual({ door: [0, 1] });
  });

  it("goes by where a track leaves the line on which it walked along", () => {
    expect(walk("0,-1 0,0 3,0 3,1")).toEqual({});
    expect(walk("3,-1 3,0 0,0 0,1")).toEqual({ door: [1, 0] });
  });

  it("needs no margin when the hysteresis is 0, but still another side", () => {
    const sharp = [{ ...LINE, hysteresisMetres: 0 }];
    expect(walk("0,-1 0,0.001", sharp)).toEqual({ door: [1, 0] });
    expect(walk("0,-1 0,0", sharp)).toEqual({});
  });

  it("takes the side where it was first seen as the one it came from, even close to the line", () => {
    expect(walk("0,-0.05 0,1")).toEqual({ door: [1, 0] });
    expect(walk("0,0.05 0,1")).toEqual({});
  });

  it("counts every line that one jump passes", () => {
    const second: CountingLine = { ...LINE, id: "gate", from: [-2, 1], to: [2, 1], in: "right" };
    expect(walk("0,-1 0,2", [LINE, second])).toEqual({ door: [1, 0], gate: [0, 1] });
  });
});

describe("the memory of tracks", () => {
  const at = (id: string, y: number) => ({ points: [{ id, x: 0, y }], whole: true });

  it("bridges an absence of three seconds and forgets a longer one", () => {
    const before = stepTracks(noTracks, at("a", -1), 0, [LINE]).state;
    expect(stepTracks(before, at("a", 1), 3000, [LINE]).crossings).toHaveLength(1);
    expect(stepTracks(before, at("a", 1), 3001, [LINE]).crossings).toEqual([]);
  });

  it("forgets those who are gone even when others keep coming", () => {
    let state: TracksState = stepTracks(noTracks, at("gone", -1), 0, [LINE]).state;
    for (let now = 100; now <= 3100; now += 100) state = stepTracks(state, at("here", 1), now, [LINE]).state;
    expect([...state.keys()]).toEqual(["here"]);
  });

  it("keeps those who are not named by an update, and by a list that misses them for a moment", () => {
    const before = stepTracks(noTracks, at("a", -1), 0, [LINE]).state;
    const update = stepTracks(before, { ...at("b", -1), whole: false }, 100, [LINE]).state;
    const list = stepTracks(update, { points: [], whole: true }, 200, [LINE]).state;
    expect(stepTracks(list, at("a", 1), 300, [LINE]).crossings).toEqual([{ line: "door", in: 1, out: 0 }]);
  });

  it("counts different people in one list on their own", () => {
    const list = (y: number) => ({ points: ["a", "b", "c"].map((id) => ({ id, x: 0, y })), whole: true });
    const before = stepTracks(noTracks, list(-1), 0, [LINE]).state;
    expect(stepTracks(before, list(1), 100, [LINE]).crossings).toEqual([{ line: "door", in: 3, out: 0 }]);
  });

  it("remembers a thousand tracks and drops those not seen for longest", () => {
    let state: TracksState = noTracks;
    for (let id = 0; id < MAX_TRACKS + 5; id++) {
      if (id === MAX_TRACKS) state = stepTracks(state, at("0", -1), id, [LINE]).state;
      state = stepTracks(state, at(String(id), -1), id, [LINE]).state;
    }
    expect(state.size).toBe(MAX_TRACKS);
    expect(state.has("0")).toBe(true);
    expect([...state.keys()][0]).toBe("6");
  });

  it("leaves the state it was given as it was", () => {
    const before = stepTracks(noTracks, at("a", -1), 0, [LINE]).state;
    stepTracks(before, at("a", 1), 100, [LINE]);
    expect(stepTracks(before, at("a", 1), 100, [LINE]).crossings).toEqual([{ line: "door", in: 1, out: 0 }]);
  });
});
