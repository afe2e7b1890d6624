import { z } from "zod";
import { CLASS_NAME } from "../contract/values.ts";
import type { Profile } from "./profile.ts";
import type { RuleProblem } from "./rules.ts";

/**
 * Classes: what a sensor tells apart (person, bicycle, ...). A sensor has a fixed set of them in telpost.yaml, or none; with
 * a set every window has the numbers of each class, whether any passed or not.
 */

/** In a set: whatever is of none of its other classes. Without it that is not counted. */
export const OTHER_CLASS = "other";

export const className = z.string().regex(CLASS_NAME, {
  error: "use 1 to 32 of a-z, 0-9 and -, a letter first; not in, out, present or level",
});

const MOST_CLASSES = 8;

/** The set of a sensor whose device may call things by any name. */
export const anyClasses = z.array(className).min(1).max(MOST_CLASSES).optional();

/** The set of a sensor of this profile: of what the device tells apart, and `other`. Undefined where it tells nothing apart. */
export function classesKey(profile: Profile) {
  const told = classesTold(profile);
  if (told.length === 0) return undefined;
  return z
    .array(z.enum([...told, OTHER_CLASS]))
    .min(1)
    .max(MOST_CLASSES)
    .optional();
}

/** What a device of this profile tells apart. */
export function classesTold({ messages }: Pick<Profile, "messages">): string[] {
  const told = messages.flatMap(({ emit: { occupancy } }) =>
    occupancy && "countOf" in occupancy ? Object.keys(occupancy.classes?.values ?? {}) : [],
  );
  return [...new Set(told)];
}

/**
 * What something is counted as that the device calls by this name; undefined: it is none of the set.
 * @param set the classes of the sensor
 */
export function classIn(set: readonly string[], told: unknown): string | undefined {
  if (typeof told === "string" && set.includes(told)) return told;
  return set.includes(OTHER_CLASS) ? OTHER_CLASS : undefined;
}

/** Mistakes in the set of one sensor. Paths begin at the sensor. @param sends the forms of a generic line */
export function* classRules(
  { profile, classes = [] }: { readonly profile: string; readonly classes?: readonly string[] | undefined },
  sends: readonly string[],
): Generator<RuleProblem> {
  if (classes.length === 0) return;
  for (const [index, name] of classes.entries()) {
    if (classes.indexOf(name) < index)
      yield { path: ["classes", index], message: `"${name}" stands here twice` };
  }
  const own = ["classes"];
  if (sends.includes("totals"))
    yield { path: own, message: "running totals are of everybody; remove classes, or totals from sends" };
  if (sends.includes("present") && profile === "generic-csv")
    yield { path: own, message: "a row tells one number of people in view; use generic-jsonl for classes" };
}
