import { z } from "zod";
import {
  type ByClass,
  CROWD_LEVELS,
  type CrowdLevel,
  type Passages,
  type Present,
  type PublishedValue,
} from "../model.ts";
import type { MakeObject } from "./windows.ts";

/** What stands in the `value` of a record. */

/** No published number is larger, in either direction: 15 digits, so that padding can be computed and JSON stays exact. */
export const LARGEST_PUBLISHED = 999_999_999_999_999;

/** Not one of the names that a value has without classes. */
export const CLASS_NAME = /^(?!(?:in|out|present|level)$)[a-z][a-z0-9-]{0,31}$/;

const measured = z.int().min(-LARGEST_PUBLISHED).max(LARGEST_PUBLISHED).nullable();

/** Passages, people present and levels. With a set of classes the numbers of each stand under its name, always of all. */
export function valueShapes(object: MakeObject) {
  const passages = object({ in: measured, out: measured });
  const present = object({ present: measured });
  const className = z.string().regex(CLASS_NAME);
  return {
    flow: z.union([passages, z.record(className, passages).refine(someClass, NO_CLASS)]),
    occupancy: z.union([present, z.record(className, present).refine(someClass, NO_CLASS)]),
    level: object({ level: z.enum(CROWD_LEVELS).nullable() }),
  };
}

const NO_CLASS = { error: "a value has numbers" };

function someClass(value: object): boolean {
  return Object.keys(value).length > 0;
}

type Numbers = Passages | Present | { readonly level: CrowdLevel | null };

/** A value as a list: the class, null where there are none, with its numbers. */
export function byClass(value: PublishedValue): [name: string | null, numbers: Numbers][] {
  const entries = Object.entries(value as { readonly [name: string]: unknown });
  const classed = entries.filter(([, one]) => typeof one === "object" && one !== null);
  return classed.length > 0 ? (classed as [string, Numbers][]) : [[null, value as Numbers]];
}

/** The value of such a list: all of it by class, or one entry without a class. */
export function fromClasses(entries: readonly (readonly [string | null, Numbers])[]): PublishedValue {
  const [[name, numbers] = []] = entries;
  if (name === null && numbers) return numbers;
  return Object.fromEntries(entries) as ByClass<Passages>;
}

/** Every single number, and a level's word, by its path in the value: `in`, or `bicycle` and `in`. Null: not measured. */
export function leavesOf(
  value: PublishedValue,
): [path: readonly string[], leaf: number | CrowdLevel | null][] {
  return byClass(value).flatMap(([name, numbers]) =>
    Object.entries(numbers as { readonly [name: string]: number | CrowdLevel | null }).map(
      ([key, leaf]): [readonly string[], number | CrowdLevel | null] => [
        name === null ? [key] : [name, key],
        leaf,
      ],
    ),
  );
}

/** Passages of all classes together: a record without a set of classes. */
export function isPassages(value: PublishedValue): value is Passages {
  return "in" in value;
}

/** People present of all classes together. */
export function isPresent(value: PublishedValue): value is Present {
  return "present" in value;
}
