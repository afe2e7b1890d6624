import { assert } from "../../base/assert.ts";
import type { RandomBytes } from "../../base/random.ts";
import type { PrivacyConfig } from "../../config/schema.ts";
import { byClass, fromClasses, LARGEST_PUBLISHED } from "../../contract/values.ts";
import { rfc3339 } from "../../contract/windows.ts";
import type {
  Flag,
  Output,
  OutputKind,
  Passages,
  Present,
  Quality,
  Record,
  RecordFields,
  Window,
} from "../../model.ts";
import { discreteLaplace, divide, parseRational, type Rational } from "./noise.ts";

/**
 * The largest true value of a window, in either direction: more than the widest running total (48 bits) can step.
 * With the smallest epsilon the configuration allows, the noise would have to be beyond 400,000 times its scale
 * to leave LARGEST_PUBLISHED from here.
 */
export const LARGEST_WINDOW_VALUE = 2 ** 49;

/** A window counts as fully covered when at most this is missing: timers open and close windows a few ms late. */
export const COVERAGE_TOLERANCE_MS = 50;

const PARTIAL: readonly Flag[] = ["catch_up", "edges_lost", "sensor_fault", "spike_discarded"];

/** The sensitivity of every statistic: one passage, or one person in view, changes it by at most 1. */
const SENSITIVITY = 1n;

/**
 * The only maker of a `Record`: noise is drawn here, once, and the true value goes no further.
 * flow: in and out are drawn independently, each with the full epsilon, because a passage is in OR out; so is each class,
 * because a passage is of one class. occupancy: one statistic, epsilon / w, because w windows share the budget; each class
 * draws for itself, and as somebody may be taken for another class from one moment to the next, a person spends that for
 * each class (epsilonPerPerson).
 * `null` means not measured and stays null; whether it is null is no function of people.
 */
export function release(window: Window, privacy: PrivacyConfig, random: RandomBytes): Record {
  const { output } = window;
  const flags = [...new Set([...window.flags, ...labFlag(privacy)])].sort();
  const fields: RecordFields = {
    sensor: output.id,
    kind: output.kind,
    seconds: output.seconds,
    covered: coveredSeconds(window),
    value: noised(window, privacy, random),
    ...(output.kind === "occupancy" ? { stat: statOf(output) } : {}),
    method: output.method,
    quality: qualityOf(window),
    ...(flags.length > 0 ? { flags } : {}),
    ...(window.flags.includes("catch_up") ? { since: sinceOf(window) } : {}),
  };
  // The one place where the brand is given.
  return fields as Record;
}

/** What one published number of this kind spends, or null when the configuration switches the noise off. */
export function epsilonOf(kind: OutputKind, privacy: PrivacyConfig): Rational | null {
  if (privacy.mechanism === "none") return null;
  if (kind === "flow") return divide(parseRational(privacy.flow.epsilon), 1);
  return divide(parseRational(privacy.occupancy.epsilon), privacy.occupancy.w);
}

/** Every class of the output, with its own draws; all of them are null together. */
function noised(
  { output, value }: Window,
  privacy: PrivacyConfig,
  random: RandomBytes,
): RecordFields["value"] {
  const epsilon = epsilonOf(output.kind, privacy);
  const draw = (exact: number) => addNoise(exact, epsilon, random);
  const names = output.classes ?? [null];
  const counted = value === null ? null : byClass(value);
  assert(
    counted === null ||
      (counted.length === names.length && counted.every(([name], at) => name === names[at])),
    "a window holds every class of its output, and no other",
  );
  return fromClasses(
    names.map((name, at) => [name, noisedNumbers(output.kind, counted?.[at]?.[1] ?? null, draw)]),
  );
}

function noisedNumbers(
  kind: OutputKind,
  numbers: ReturnType<typeof byClass>[number][1] | null,
  draw: (exact: number) => number,
): Passages | Present {
  if (kind === "flow") {
    if (numbers === null) return { in: null, out: null };
    assert("in" in numbers && numbers.in !== null && numbers.out !== null, "a flow window holds in and out");
    return { in: draw(numbers.in), out: draw(numbers.out) };
  }
  if (numbers === null) return { present: null };
  assert("present" in numbers && numbers.present !== null, "an occupancy window holds present");
  return { present: draw(numbers.present) };
}

function addNoise(exact: number, epsilon: Rational | null, random: RandomBytes): number {
  assert(Number.isSafeInteger(exact), "a window holds whole numbers");
  assert(Math.abs(exact) <= LARGEST_WINDOW_VALUE, "a window value is out of bounds");
  // `+ 0` turns -0 into 0, which JSON cannot tell apart.
  if (epsilon === null) return exact + 0;
  const sum = BigInt(exact) + discreteLaplace(epsilon, SENSITIVITY, random);
  assert(sum <= LARGEST_PUBLISHED && sum >= -LARGEST_PUBLISHED, "a published value is out of bounds");
  return Number(sum);
}

/** Rounded down to 0.1 s: never more than was measured, and never more than the window. */
function coveredSeconds({ coveredMs, output }: Window): number {
  assert(Number.isFinite(coveredMs) && coveredMs >= 0, "coverage is a time");
  return Math.min(output.seconds, Math.floor(coveredMs / 100) / 10);
}

function qualityOf({ value, flags, coveredMs, output }: Window): Quality {
  if (value === null) return "not_measured";
  const short = coveredMs < output.seconds * 1000 - COVERAGE_TOLERANCE_MS;
  return short || flags.some((flag) => PARTIAL.includes(flag)) ? "partial" : "ok";
}

function labFlag({ profile }: PrivacyConfig): Flag[] {
  return profile === "lab" ? ["lab"] : [];
}

function sinceOf({ sinceMs }: Window): string | null {
  return typeof sinceMs === "number" ? rfc3339(sinceMs) : null;
}

function statOf({ stat }: Output): NonNullable<Output["stat"]> {
  assert(stat, "an occupancy output has a statistic");
  return stat;
}

/** The same record with one flag more, for what is known only when it is sealed. No flag that would change the quality. */
export function flagged(record: Record, flag: "clock_unsynced"): Record {
  return { ...record, flags: [...new Set([...(record.flags ?? []), flag])].sort() };
}
