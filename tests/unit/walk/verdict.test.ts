import { expect, it } from "vitest";
import { judgeWalk } from "../../../src/walk/verdict.ts";

const walked = { in: 5, out: 5 };
const straight = { in: 1, out: 0 };
const p = (ins: number, out: number) => ({ in: ins, out });

it.each([
  ["counts everything once", p(5, 5), straight, ["good"]],
  ["counts nothing", p(0, 0), p(0, 0), ["nothing"]],
  ["misses one", p(5, 4), straight, ["missed"]],
  ["misses one direction", p(5, 0), straight, ["missed"]],
  ["counts everything twice", p(10, 10), p(2, 0), ["doubled"]],
  ["counts one direction twice and a bounce of the other", p(10, 6), p(2, 0), ["doubled"]],
  ["has one more, which may be somebody else", p(6, 5), straight, ["extra"]],
  ["is mirrored, which as many both ways do not show", p(5, 5), p(0, 1), ["mirrored"]],
  ["is mirrored and misses", p(5, 3), p(0, 1), ["mirrored", "missed"]],
  ["is mirrored and doubles", p(10, 10), p(0, 2), ["mirrored", "doubled"]],
  ["cannot tell directions", p(10, 0), straight, ["one_way"]],
  ["cannot tell directions and misses", p(0, 8), p(0, 1), ["one_way", "missed"]],
  ["cannot tell directions and doubles", p(20, 0), p(2, 0), ["one_way", "doubled"]],
  ["told the first walk late", p(5, 5), p(0, 0), ["good"]],
])("a sensor that %s", (_name, seen, first, verdict) => {
  expect(judgeWalk({ walked, seen, first })).toEqual(verdict);
});

it("tells a mirrored sensor by unequal walks when the first one was not seen alone", () => {
  expect(judgeWalk({ walked: p(4, 2), seen: p(2, 4), first: p(0, 0) })).toEqual(["mirrored"]);
  expect(judgeWalk({ walked: p(4, 0), seen: p(4, 0), first: p(1, 0) })).toEqual(["good"]);
  // Nobody walked in, so the first one seen was a walk out.
  expect(judgeWalk({ walked: p(0, 4), seen: p(0, 4), first: p(0, 1) })).toEqual(["good"]);
});
