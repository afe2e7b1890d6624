import fc from "fast-check";
import { expect, test } from "vitest";
import { add, has, intersect, normalise, type Ranges, subtract, union } from "../../../src/city/ranges.ts";

const numbers = fc.array(fc.nat(40), { maxLength: 25 });
const rangesOf = (list: readonly number[]): Ranges => normalise(list.map((one) => [one, one]));
const membersOf = (ranges: Ranges) =>
  ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, at) => from + at));
const sorted = (set: Iterable<number>) => [...set].sort((a, b) => a - b);

test("every operation gives what the same operation on sets gives, and keeps ranges sorted and apart", () => {
  fc.assert(
    fc.property(numbers, numbers, fc.nat(40), (listA, listB, one) => {
      const [a, b] = [rangesOf(listA), rangesOf(listB)];
      const [setA, setB] = [new Set(listA), new Set(listB)];
      expect(membersOf(union(a, b))).toEqual(sorted(setA.union(setB)));
      expect(membersOf(subtract(a, b))).toEqual(sorted(setA.difference(setB)));
      expect(membersOf(intersect(a, b))).toEqual(sorted(setA.intersection(setB)));
      expect(membersOf(add(a, one))).toEqual(sorted(setA.union(new Set([one]))));
      expect(has(a, one)).toBe(setA.has(one));
      for (const ranges of [union(a, b), subtract(a, b), add(a, one)]) {
        ranges.forEach(([from], at) => {
          if (at > 0) expect(from).toBeGreaterThan((ranges[at - 1]?.[1] ?? from) + 1);
        });
      }
    }),
  );
});

test("a range of any width costs one pair, so that an invented number cannot cost memory", () => {
  expect(subtract([[0, Number.MAX_SAFE_INTEGER]], [[5, 5]])).toEqual([
    [0, 4],
    [6, Number.MAX_SAFE_INTEGER],
  ]);
});
