import { classIn } from "../../config/classes.ts";
import type { Form } from "../../config/schema.ts";
import type { Reading, TrackPoint } from "../../model.ts";
import { zeros } from "./classes.ts";
import type { Discard } from "./decoder.ts";

/** More people than can pass between two lines of a sensor. */
export const MAX_PASSAGES = 10_000;
export const MAX_TOTAL = 2 ** 48;
export const MAX_PRESENT = 100_000;
export const MAX_POINTS = 256;
export const MAX_ID_CHARACTERS = 64;
export const MAX_METRES = 1000;

/** What one line says, by the names of the generic profiles. `undefined`: not in the line. Nothing is checked yet. */
export interface Fields {
  readonly in?: unknown;
  readonly out?: unknown;
  readonly inTotal?: unknown;
  readonly outTotal?: unknown;
  /** A number, or one of each class. */
  readonly present?: unknown;
  /** A list of { id, x, y, class }. */
  readonly tracks?: unknown;
  /** Of who passed. */
  readonly class?: unknown;
}

/** How the lines of a sensor are read. */
export interface FormOptions {
  readonly forms: readonly Form[];
  /** The list of tracks names everybody in view. */
  readonly everybody: boolean;
  /** The set of classes of the sensor, where it has one. */
  readonly classes?: readonly string[] | undefined;
}

export interface Read {
  readonly readings: readonly Reading[];
  readonly discarded: readonly Discard[];
}

/** A reading, or why there is none. */
type Outcome = Reading | Discard;

/**
 * Reads the allowed forms of a line. A form that is broken costs one discard and leaves the others alone; a line
 * without any allowed form is `wrong_form`. Whatever else the line holds never gets here (P1).
 */
export function readForms(fields: Fields, options: FormOptions): Read {
  const carried = options.forms.filter((form) => carries(fields, form));
  const outcomes = carried.flatMap((form) => outcomesOf(fields, form, options));
  return {
    readings: outcomes.filter((outcome) => typeof outcome !== "string"),
    discarded:
      carried.length === 0 ? ["wrong_form"] : outcomes.filter((outcome) => typeof outcome === "string"),
  };
}

function carries(fields: Fields, form: Form): boolean {
  if (form === "passages") return fields.in !== undefined || fields.out !== undefined;
  if (form === "totals") return fields.inTotal !== undefined || fields.outTotal !== undefined;
  return fields[form] !== undefined;
}

function outcomesOf(fields: Fields, form: Form, { everybody, classes }: FormOptions): Outcome[] {
  if (form === "tracks") return tracks(fields, everybody, classes);
  if (form === "passages") return classes ? classed(passages(fields), fields, classes) : [passages(fields)];
  if (form === "totals") return [totals(fields)];
  if (classes) return inView(fields.present, classes);
  const present = wholeNumber(fields.present, MAX_PRESENT);
  return [typeof present === "string" ? present : { type: "present", present }];
}

/** Of a class that is not counted nobody passed, but the sensor lives. */
function classed(outcome: Outcome, { class: told }: Fields, set: readonly string[]): Outcome[] {
  if (typeof outcome === "string" || outcome.type !== "passages") return [outcome];
  const name = classIn(set, told);
  if (name === undefined) return [{ type: "passages", in: 0, out: 0 }, "unknown_class"];
  return [{ ...outcome, class: name }];
}

/** A broken number makes the others doubtful too. */
function inView(present: unknown, set: readonly string[]): Outcome[] {
  if (typeof present !== "object" || present === null || Array.isArray(present)) return ["wrong_type"];
  const counted = zeros(set);
  let unknown = false;
  for (const [told, value] of Object.entries(present)) {
    const number = wholeNumber(value, MAX_PRESENT);
    if (typeof number === "string") return [number];
    const name = classIn(set, told);
    unknown ||= name === undefined;
    if (name !== undefined) counted[name] = (counted[name] ?? 0) + number;
  }
  if (Object.values(counted).some((number) => number > MAX_PRESENT)) return ["out_of_range"];
  return [{ type: "presentByClass", present: counted }, ...(unknown ? (["unknown_class"] as const) : [])];
}

function passages({ in: entered = 0, out: left = 0 }: Fields): Outcome {
  const counted = [wholeNumber(entered, MAX_PASSAGES), wholeNumber(left, MAX_PASSAGES)] as const;
  if (typeof counted[0] === "string") return counted[0];
  if (typeof counted[1] === "string") return counted[1];
  return { type: "passages", in: counted[0], out: counted[1] };
}

function totals(fields: Fields): Outcome {
  const totalIn = fields.inTotal === undefined ? undefined : wholeNumber(fields.inTotal, MAX_TOTAL);
  const totalOut = fields.outTotal === undefined ? undefined : wholeNumber(fields.outTotal, MAX_TOTAL);
  if (typeof totalIn === "string") return totalIn;
  if (typeof totalOut === "string") return totalOut;
  return {
    type: "totals",
    ...(totalIn !== undefined && { in: totalIn }),
    ...(totalOut !== undefined && { out: totalOut }),
  };
}

/** A broken point costs one discard and leaves the other people in view alone. */
function tracks(
  { tracks: list }: Fields,
  everybody: boolean,
  classes: readonly string[] | undefined,
): Outcome[] {
  if (!Array.isArray(list)) return ["wrong_type"];
  if (list.length > MAX_POINTS) return ["out_of_range"];
  const read = list.map((entry) => trackPoint(entry, classes));
  const points = read.filter((point) => typeof point !== "string");
  const broken = read.filter((point) => typeof point === "string");
  const says = everybody || points.length > 0;
  return says ? [{ type: "tracks", points, whole: everybody }, ...broken] : broken;
}

function trackPoint(entry: unknown, classes: readonly string[] | undefined): TrackPoint | Discard {
  if (typeof entry !== "object" || entry === null) return "wrong_type";
  const { id, x, y, class: told } = entry as { id?: unknown; x?: unknown; y?: unknown; class?: unknown };
  const named = typeof id === "string" || Number.isSafeInteger(id);
  if (!named || typeof x !== "number" || typeof y !== "number") return "wrong_type";
  const name = String(id);
  const inside = Math.abs(x) <= MAX_METRES && Math.abs(y) <= MAX_METRES;
  if (name.length === 0 || name.length > MAX_ID_CHARACTERS || !inside) return "out_of_range";
  if (!classes) return { id: name, x, y };
  const known = classIn(classes, told);
  return known === undefined ? "unknown_class" : { id: name, x, y, class: known };
}

/** A whole number in [0, max]; -0 becomes 0. */
function wholeNumber(value: unknown, max: number): number | Discard {
  if (typeof value !== "number" || Number.isNaN(value)) return "wrong_type";
  return Number.isInteger(value) && value >= 0 && value <= max ? value + 0 : "out_of_range";
}
