import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign } from "../../../src/sense/count/assignment.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** What a choice costs; a column that is used twice, or a pair that is not allowed, costs Infinity. */
function costOf(chosen: readonly number[], costs: readonly (readonly number[])[], alone: number): number {
  const used = chosen.filter((column) => column >= 0);
  if (new Set(used).size < used.length) return NEVER;
  return chosen.reduce((sum, column, row) => sum + (column < 0 ? alone : (costs[row]?.[column] ?? NEVER)), 0);
}

/** The least cost, by trying everything. */
function least(costs: readonly (readonly number[])[], alone: number, taken: readonly number[] = []): number {
  const [first, ...others] = costs;
  if (!first) return 0;
  const tried = first.flatMap((cost, column) =>
    taken.includes(column) || cost === NEVER ? [] : [cost + least(others, alone, [...taken, column])],
  );
  return Math.min(alone + least(others, alone, taken), ...tried);
}

describe("an assignment", () => {
  it("takes the cheapest way for all together, not for the first one", () => {
    expect(
      assign(
        [
          [1, 2],
          [1, 9],
        ],
        100,
      ),
    ).toEqual([1, 0]);
  });

  it("leaves a row alone where that is cheaper, or where nothing is allowed", () => {
    expect(assign([[5], [7]], 6)).toEqual([0, -1]);
    expect(assign([[7]], 6)).toEqual([-1]);
    expect(assign([[NEVER, NEVER]], 6)).toEqual([-1]);
  });

  it("knows nobody on either side", () => {
    expect(assign([], 1)).toEqual([]);
    expect(assign([[], []], 1)).toEqual([-1, -1]);
  });

  it("costs as little as the best of all ways", () => {
    const cost = fc.oneof(
      fc.integer({ min: 0, max: 20 }),
      fc.double({ min: 0, max: 20, noNaN: true }),
      fc.constant(NEVER),
    );
    const matrix = fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 6 })).chain(([rows, columns]) =>
      fc.array(fc.array(cost, { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      }),
    );
    fc.assert(
      fc.property(matrix, fc.integer({ min: 0, max: 20 }), (costs, alone) => {
        expect(costOf(assign(costs, alone), costs, alone)).toBeCloseTo(least(costs, alone), 6);
      }),
      { numRuns: 400 },
    );
  });
});
