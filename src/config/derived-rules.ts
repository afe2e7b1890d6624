import { nearest } from "../base/nearest.ts";
import { CROWD_LEVELS, type OutputKind } from "../model.ts";
import { kindOfNumber } from "./derived.ts";
import type { LevelConfig, TotalConfig } from "./derived-schema.ts";
import type { RuleProblem } from "./rules.ts";

/** What can be referred to. */
interface Referable {
  readonly id: string;
  readonly kind: OutputKind;
  readonly classes?: readonly string[];
}

/** Mistakes in totals and levels that no single key shows. @param counted lines, zones and sensors with records of their own */
export function* derivedRules(
  { totals, levels }: { readonly totals: readonly TotalConfig[]; readonly levels: readonly LevelConfig[] },
  counted: readonly Referable[],
): Generator<RuleProblem> {
  for (const [index, total] of totals.entries()) yield* totalRules(total, ["totals", index], counted);
  for (const [index, level] of levels.entries()) yield* levelRules(level, index, [...counted, ...totals]);
}

function* totalRules(
  { of, kind, mirrored }: TotalConfig,
  own: readonly (string | number)[],
  counted: readonly Referable[],
): Generator<RuleProblem> {
  for (const [at, id] of of.entries()) {
    const path = [...own, "of", at];
    if (of.indexOf(id) < at) yield { path, message: `"${id}" stands here twice, and would count twice` };
    else yield* unknownSource(id, kind, counted, path);
  }
  yield* sameClasses({ of, kind }, own, counted);
  if (mirrored.length > 0 && kind === "occupancy")
    yield { path: [...own, "mirrored"], message: "people present have no direction; remove mirrored" };
  for (const [at, id] of mirrored.entries()) {
    if (!of.includes(id)) yield { path: [...own, "mirrored", at], message: `"${id}" is not in of` };
  }
}

/** Numbers are added class by class. */
function* sameClasses(
  { of, kind }: Pick<TotalConfig, "of" | "kind">,
  own: readonly (string | number)[],
  counted: readonly Referable[],
): Generator<RuleProblem> {
  const parts = of.map((id) => counted.find((one) => one.id === id && one.kind === kind));
  const first = parts.find((part) => part !== undefined);
  const wordsOf = (part: Referable) => part.classes?.join(", ") ?? "no classes";
  for (const [at, part] of parts.entries()) {
    if (!part || !first || wordsOf(part) === wordsOf(first)) continue;
    const message = `"${part.id}" has ${wordsOf(part)}, but "${first.id}" has ${wordsOf(first)}; only like can be added to like`;
    yield { path: [...own, "of", at], message };
  }
}

function* levelRules(
  level: LevelConfig,
  index: number,
  sources: readonly Referable[],
): Generator<RuleProblem> {
  const own = ["levels", index];
  yield* unknownSource(level.of, kindOfNumber(level.number), sources, [...own, "of"]);
  let lower = { name: "", from: 0, below: 0 };
  for (const name of CROWD_LEVELS) {
    if (name === "free") continue;
    const { from, below } = level[name];
    if (below > from) {
      const message = `below ${below} is above from ${from}; a level is left below where it is reached`;
      yield { path: [...own, name, "below"], message };
    }
    for (const key of ["from", "below"] as const) {
      if (lower.name === "" || level[name][key] > lower[key]) continue;
      const message = `${key} ${level[name][key]} is not above that of ${lower.name} (${lower[key]})`;
      yield { path: [...own, name, key], message };
    }
    lower = { name, from, below };
  }
}

const NUMBERS = { flow: "passages", occupancy: "people present" } as const;

function* unknownSource(
  id: string,
  kind: OutputKind,
  sources: readonly Referable[],
  path: readonly (string | number)[],
): Generator<RuleProblem> {
  const fitting = sources.filter((one) => one.kind === kind).map((one) => one.id);
  if (fitting.includes(id)) return;
  const other = sources.some((one) => one.id === id);
  const meant = nearest(id, fitting);
  const hint = meant
    ? `; did you mean ${meant}?`
    : fitting.length > 0
      ? `; those here: ${fitting.slice(0, 8).join(", ")}`
      : "";
  const what = other ? `"${id}" has no ${NUMBERS[kind]}` : `nothing with ${NUMBERS[kind]} is called "${id}"`;
  yield { path, message: `${what}${hint}` };
}
