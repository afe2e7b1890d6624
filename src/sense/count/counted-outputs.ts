import { assert } from "../../base/assert.ts";
import type { Output } from "../../model.ts";
import { emptyTally, type Tally, type WindowSnapshot } from "./tally.ts";

/** More than nothing, and nothing in the whole milliseconds in which coverage is told (coveredOf). */
const MOMENT_MS = 0.25;

/** Says which output: a sensor may have two of one id, a flow and an occupancy. */
export type OutputName = Pick<Output, "id" | "kind">;

/** An output with what is counted for it. */
export interface Counted {
  readonly output: Output;
  tally: Tally;
  /** Monotonic ms since when it is being watched; undefined: it is not. */
  watchedMs: number | undefined;
}

/** All outputs with their tallies, found by id and kind, in the order of the configuration. */
export class CountedOutputs {
  readonly #byKey: ReadonlyMap<string, Counted>;

  constructor(outputs: readonly Output[]) {
    const counted = (output: Output): Counted => ({
      output,
      tally: emptyTally(output),
      watchedMs: undefined,
    });
    this.#byKey = new Map(outputs.map((output) => [keyOf(output), counted(output)]));
    assert(this.#byKey.size === outputs.length, "every output has a name of its own");
  }

  /** Goes on with the tallies of a snapshot. */
  restore(tallies: WindowSnapshot["tallies"]): void {
    const byKey = new Map(tallies);
    for (const [key, counted] of this.#byKey) counted.tally = byKey.get(key) ?? counted.tally;
  }

  /**
   * Who is watched now was so for a moment at least: without one a window that ends while the process is dead would be not
   * measured, and what it has counted lost. By who is watched, not by what was counted (P9).
   */
  snapshot(): WindowSnapshot["tallies"] {
    return [...this.#byKey].map(([key, { tally, watchedMs }]) => {
      const leastMs = watchedMs === undefined ? 0 : MOMENT_MS;
      return [key, { ...tally, coveredMs: Math.max(leastMs, tally.coveredMs) }];
    });
  }

  of(name: OutputName): Counted {
    const counted = this.#byKey.get(keyOf(name));
    assert(counted, "unknown output");
    return counted;
  }

  all(): readonly Counted[] {
    return [...this.#byKey.values()];
  }

  /** Those with windows of these lengths (seconds). */
  ofLengths(lengths: ReadonlySet<number>): readonly Counted[] {
    return this.all().filter(({ output }) => lengths.has(output.seconds));
  }
}

/** Also in the crash copy. */
function keyOf({ id, kind }: OutputName): string {
  return `${kind}/${id}`;
}
