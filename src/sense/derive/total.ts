import { assert } from "../../base/assert.ts";
import type { TotalOutput } from "../../config/derived.ts";
import { byClass, fromClasses, LARGEST_PUBLISHED } from "../../contract/values.ts";
import type { Quality, Record } from "../../model.ts";

/**
 * Adds up noised records of one closing instant: post-processing, which spends no epsilon (P11). Its variance is the sum of
 * theirs. A sum without one of its parts is another sum, so a part that was not measured leaves the total not measured.
 * What is special about a part is special about the total.
 * @param parts the records of `output.parts`, in their order
 */
export function total({ id, parts: wanted }: TotalOutput, parts: readonly Record[]): Record {
  const [first] = parts;
  assert(first && parts.length === wanted.length, "a total has all of its parts");
  const flags = [...new Set(parts.flatMap((part) => part.flags ?? []))].sort();
  const { flags: _flags, since: _since, ...common } = first;
  return {
    ...common,
    sensor: id,
    covered: Math.min(...parts.map(({ covered }) => covered)),
    value: sumOf(parts.map(({ value }, index) => turned(value, wanted[index]?.mirrored ?? false))),
    method: "derived",
    quality: worst(parts.map(({ quality }) => quality)),
    of: wanted.map((part) => part.id),
    ...(flags.length > 0 ? { flags } : {}),
    ...(flags.includes("catch_up") ? { since: earliest(parts) } : {}),
  };
}

type Classes = ReturnType<typeof byClass>;
type Numbers = Classes[number][1];

function turned(value: Record["value"], mirror: boolean): Classes {
  return byClass(value).map(([name, numbers]) => [name, mirror ? mirrored(numbers) : numbers]);
}

/** Each number with its like: the parts have the same classes. */
function sumOf(parts: readonly Classes[]): Record["value"] {
  const [first = []] = parts;
  assert(
    parts.every(
      (part) => part.length === first.length && part.every(([name], at) => name === first[at]?.[0]),
    ),
    "the parts of a total have the same classes",
  );
  return fromClasses(first.map(([name], at) => [name, added(parts.flatMap((part) => part[at]?.[1] ?? []))]));
}

function added(numbers: readonly Numbers[]): Numbers {
  const present = numbers.filter((one) => "present" in one);
  if (present.length === numbers.length) return { present: sum(present.map((one) => one.present)) };
  const flows = numbers.filter((one) => "in" in one);
  assert(flows.length === numbers.length, "the parts of a total are of one kind");
  return { in: sum(flows.map((one) => one.in)), out: sum(flows.map((one) => one.out)) };
}

/** Null when one is. Kept within what may be published, as each part is; no crowd comes near. */
function sum(numbers: readonly (number | null)[]): number | null {
  let all = 0;
  for (const one of numbers) {
    if (one === null) return null;
    all += one;
  }
  return Math.max(-LARGEST_PUBLISHED, Math.min(LARGEST_PUBLISHED, all));
}

function mirrored(numbers: Numbers): Numbers {
  assert("in" in numbers, "only passages have directions");
  return { in: numbers.out, out: numbers.in };
}

function worst(qualities: readonly Quality[]): Quality {
  if (qualities.includes("not_measured")) return "not_measured";
  return qualities.includes("partial") ? "partial" : "ok";
}

/** Of the parts that caught up; null when the beginning of one is unknown. */
function earliest(parts: readonly Record[]): string | null {
  const known = parts.map(({ since }) => since).filter((since) => since !== undefined);
  return known.includes(null) ? null : (known.toSorted()[0] ?? null);
}
