import { describe, expect, it } from "vitest";
import type { CountingLine } from "../../../src/config/schema.ts";
import { type Crossing, noTracks, stepTracks, type TracksState } from "../../../src/sense/count/tracks.ts";

/** From (-2,0) to (2,0): left is y > 0. */
const LINE: CountingLine = { id: "door", from: [-2, 0], to: [2, 0], in: "left", hysteresisMetres: 0.1 };

describe("a track that is lost at a line", () => {
  /** Places every 100 ms, then an absence: [in, out]. */
  function lost(path: string, awayMs: number, line: CountingLine = LINE): [number, number] {
    const places = path.split(" ").map((place) => place.split(",").map(Number));
    let state: TracksState = noTracks;
    let crossings: readonly Crossing[] = [];
    for (const [at, [x = 0, y = 0]] of places.entries())
      ({ state, crossings } = stepTracks(state, { points: [{ id: "a", x, y }], whole: true }, at * 100, [
        line,
      ]));
    expect(crossings).toEqual([]);
    const lastMs = (places.length - 1) * 100;
    ({ crossings } = stepTracks(state, { points: [], whole: true }, lastMs + awayMs, [line]));
    return [crossings[0]?.in ?? 0, crossings[0]?.out ?? 0];
  }

  it("counts once it is forgotten beyond the line, where it came from clear of it", () => {
    expect(lost("0,-1 0,0.05", 3000)).toEqual([0, 0]);
    expect(lost("0,-1 0,0.05", 3001)).toEqual([1, 0]);
    expect(lost("0,1 0,-0.05", 3001)).toEqual([0, 1]);
    expect(lost("0,1 0,-0.05", 3001, { ...LINE, in: "right" })).toEqual([1, 0]);
  });

  it("counts nothing where it was forgotten on its own side, or on the line after nothing", () => {
    expect(lost("0,-1 0,0.05 0,-0.05", 3001)).toEqual([0, 0]);
    expect(lost("0,-1 0,0", 3001)).toEqual([0, 0]);
  });

  it("counts nothing for somebody who only ever swayed on the line", () => {
    expect(lost("0,-0.05 0,0.05", 3001)).toEqual([0, 0]);
    expect(lost("0,0 0,-0.09 0,0.09", 3001)).toEqual([0, 0]);
  });

  it("counts nothing around the end of the line", () => {
    expect(lost("0,-1 3,-1 3,0.05 0,0.05", 3001)).toEqual([0, 0]);
  });

  it("counts nothing when it is noticed twice as late", () => {
    expect(lost("0,-1 0,0.05", 6000)).toEqual([1, 0]);
    expect(lost("0,-1 0,0.05", 6001)).toEqual([0, 0]);
  });

  it("counts only once in all, and a way back by somebody new as a way back", () => {
    const at = (id: string, y: number) => ({ points: [{ id, x: 0, y }], whole: true });
    const steps = [
      [0, "a", -1],
      [100, "a", 0.05],
      [4000, "b", 0.05],
      [4100, "b", 0.5],
      [8000, "c", 0.05],
      [8100, "c", -0.5],
      [12_000, "d", 3],
    ] as const;
    let state: TracksState = noTracks;
    const counted = steps.flatMap(([atMs, id, y]) => {
      const stepped = stepTracks(state, at(id, y), atMs, [LINE]);
      state = stepped.state;
      return stepped.crossings.map((crossing) => [atMs, crossing.in, crossing.out]);
    });
    expect(counted).toEqual([
      [4000, 1, 0],
      [8100, 0, 1],
    ]);
  });
});
