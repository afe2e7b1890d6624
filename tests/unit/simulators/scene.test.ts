import { expect, it } from "vitest";
import { countUntil, passagesOf, peopleAt, type Walker } from "../../../src/simulators/scene.ts";

const away: Walker = { fromMs: 0, untilMs: 1000, from: [-0.5, 1], to: [0.5, 3] };
const back: Walker = { fromMs: 2000, untilMs: 4000, from: [0, 3], to: [0, 1] };
const aside: Walker = { fromMs: 0, untilMs: 1000, from: [0, 1], to: [1, 1.5] };

it("has everybody who is there at a moment", () => {
  expect(peopleAt([away, back, aside], 500)).toEqual([
    { person: 0, x: 0, y: 2 },
    { person: 2, x: 0.5, y: 1.25 },
  ]);
  expect(peopleAt([away, back], 1500)).toEqual([]);
});

it("knows who passes a height, when and which way", () => {
  const passages = passagesOf([back, aside, away], 2);
  expect(passages).toEqual([
    { atMs: 500, way: "in" },
    { atMs: 3000, way: "out" },
  ]);
  expect(countUntil(passages, 2999)).toEqual({ in: 1, out: 0 });
  expect(countUntil(passages, 3000)).toEqual({ in: 1, out: 1 });
});
