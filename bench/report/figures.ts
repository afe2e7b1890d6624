/** What a figure is made of, and whether it keeps its budget. Pure. */

/** One run of telpost and the run of its bare limit right beside it, on the same machine in the same minute. */
export interface Pair {
  readonly telpost: number;
  readonly bare: number;
}

export interface Budget {
  /** What is held against the limit: the figure itself, or its ratio to the bare limit. */
  readonly of: "telpost" | "ratio";
  readonly is: "at most" | "at least";
  readonly limit: number;
}

/** One line of the table. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** What the bare limit is, in a few words. */
  readonly limit: string;
  readonly pairs: readonly Pair[];
  readonly budget?: Budget;
}

/** Lowest, middle and highest of some runs. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** @throws RangeError without values */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => {
    const value = sorted[index];
    if (value === undefined) throw new RangeError("no runs");
    return value;
  };
  const half = sorted.length / 2;
  const median = (at(Math.ceil(half) - 1) + at(Math.floor(half))) / 2;
  return { min: at(0), median, max: at(sorted.length - 1) };
}

/** Telpost over bare, pair by pair: what one pair shares (load, heat, clock rate) cancels out. */
export function ratios(pairs: readonly Pair[]): number[] {
  return pairs.map(({ telpost, bare }) => telpost / bare);
}

/** Whether the median keeps the budget; undefined for a figure without one. */
export function keepsBudget({ pairs, budget }: Figure): boolean | undefined {
  if (!budget) return undefined;
  const values = budget.of === "ratio" ? ratios(pairs) : pairs.map(({ telpost }) => telpost);
  const { median } = spread(values);
  return budget.is === "at most" ? median <= budget.limit : median >= budget.limit;
}
