import { assert } from "../../base/assert.ts";
import type { DerivedOutput, LevelOutput } from "../../config/derived.ts";
import { byClass } from "../../contract/values.ts";
import type { OutputKind, Record } from "../../model.ts";
import { judged, type LevelState, NO_LEVEL } from "./level.ts";
import { total } from "./total.ts";

/** What levels remember, by their ids, for the crash copy. */
export type DerivationSnapshot = readonly (readonly [string, LevelState])[];

/**
 * Totals and crowd levels, from noised records of the same window and from nothing else (P11): what comes in here is what
 * the city gets. One record for each of them in every window, measured or not (P7).
 */
export class Derivation {
  readonly #outputs: readonly DerivedOutput[];
  readonly #levels: Map<string, LevelState>;

  /** @param snapshot of a derivation of the same outputs */
  constructor(outputs: readonly DerivedOutput[], snapshot: DerivationSnapshot = []) {
    this.#outputs = outputs;
    this.#levels = new Map(snapshot);
  }

  /**
   * What is computed from the records of one closing instant and length, in the order of the configuration. Once for each
   * window, in their order: levels remember.
   */
  from(records: readonly Record[], seconds: number): { outputs: DerivedOutput[]; records: Record[] } {
    const outputs = this.#outputs.filter((output) => output.seconds === seconds);
    const known = [...records];
    for (const output of outputs) known.push(this.#one(output, known));
    return { outputs, records: known.slice(records.length) };
  }

  snapshot(): DerivationSnapshot {
    return [...this.#levels];
  }

  #one(output: DerivedOutput, known: readonly Record[]): Record {
    if (output.kind === "level") return this.#level(output, known);
    const parts = output.parts.map(({ id }) => recordOf(known, id, output.kind));
    return total(output, parts);
  }

  #level(output: LevelOutput, known: readonly Record[]): Record {
    const source = recordOf(known, output.of.id, output.of.kind);
    const number = numberOf(source, output.number);
    const state = judged(this.#levels.get(output.id) ?? NO_LEVEL, number, output);
    this.#levels.set(output.id, state);
    const { stat: _stat, of: _of, ...common } = source;
    return {
      ...common,
      sensor: output.id,
      kind: "level",
      value: { level: number === null ? null : state.level },
      method: "derived",
      of: [output.of.id],
    };
  }
}

function recordOf(known: readonly Record[], id: string, kind: OutputKind): Record {
  const record = known.find((one) => one.sensor === id && one.kind === kind);
  assert(record, "what is derived closes with its parts");
  return record;
}

/** All classes together, where there are any. */
function numberOf({ value }: Record, number: LevelOutput["number"]): number | null {
  let all = 0;
  for (const [, numbers] of byClass(value)) {
    const one = numberIn(numbers, number);
    if (one === null) return null;
    all += one;
  }
  return all;
}

function numberIn(
  numbers: ReturnType<typeof byClass>[number][1],
  number: LevelOutput["number"],
): number | null {
  if ("present" in numbers) return numbers.present;
  assert("in" in numbers, "a level is of passages or people");
  const { in: entered, out: left } = numbers;
  if (number === "in") return entered;
  if (number === "out") return left;
  return entered === null || left === null ? null : entered + left;
}
