import type { Emit, ItemClasses } from "../../../config/profile.ts";
import type { Reading } from "../../../model.ts";
import { presentIn } from "../classes.ts";
import type { Discard } from "../decoder.ts";
import { MAX_ID_CHARACTERS, MAX_METRES, MAX_PASSAGES, MAX_PRESENT, MAX_TOTAL } from "../generic-forms.ts";
import type { Values } from "./fields.ts";
import type { Items } from "./lists.ts";

/** What was read from one frame. */
export interface Read {
  readonly values: Values;
  readonly lists: ReadonlyMap<string, Items>;
}

export interface EmitOptions {
  /** The sensor hangs the other way round: left and right change places. */
  readonly mirrorX: boolean;
  /** The set of classes of the sensor, where it has one. */
  readonly classes?: readonly string[] | undefined;
}

type Outcome = Reading | Discard;

/** Makes readings of what was read: only what `emit` names leaves the decoder. */
export function emitted(emit: Emit, read: Read, { mirrorX, classes }: EmitOptions): Outcome[] {
  const { event, cumulative, presence, occupancy, targets, tracks } = emit;
  const outcomes: Outcome[] = [];
  if (event) outcomes.push(passages(event, read));
  if (cumulative) outcomes.push(totals(cumulative, read));
  if (presence) outcomes.push(present(read.values.get(presence.field) === 0 ? 0 : 1));
  if (occupancy) outcomes.push(inView(occupancy, read, classes));
  if (targets) outcomes.push(positions(targets, read, mirrorX));
  if (tracks) outcomes.push(named(tracks, read, mirrorX));
  return outcomes;
}

function passages(event: NonNullable<Emit["event"]>, { values }: Read): Outcome {
  const count = (way: string | 1 | undefined, without: number) =>
    way === undefined ? without : way === 1 ? 1 : values.get(way);
  const { direction } = event;
  if (!direction) return asPassages(count(event.in, 0), count(event.out, 0));
  const value = values.get(direction.field);
  if (value === undefined) return "wrong_form";
  if (direction.in.includes(value)) return asPassages(count(event.in, 1), 0);
  return direction.out.includes(value) ? asPassages(0, count(event.out, 1)) : "out_of_range";
}

function asPassages(entered: unknown, left: unknown): Outcome {
  if (!isWhole(entered, MAX_PASSAGES) || !isWhole(left, MAX_PASSAGES)) return "out_of_range";
  return { type: "passages", in: entered, out: left };
}

function totals(given: NonNullable<Emit["cumulative"]>, { values }: Read): Outcome {
  const { bits, countdown } = given;
  const width = bits === undefined ? MAX_TOTAL : 2 ** bits;
  const total = (name: string | undefined) => {
    if (name === undefined) return undefined;
    const value = values.get(name);
    if (!isWhole(value, width - 1)) return null;
    // A counter that runs down is one that runs up from its width.
    return countdown ? width - 1 - value : value;
  };
  const [entered, left] = [total(given.in), total(given.out)];
  if (entered === null || left === null) return "out_of_range";
  return {
    type: "totals",
    ...(entered !== undefined && { in: entered }),
    ...(left !== undefined && { out: left }),
  };
}

function inView(
  occupancy: NonNullable<Emit["occupancy"]>,
  { values, lists }: Read,
  set: readonly string[] | undefined,
): Outcome {
  if (!("countOf" in occupancy)) return present(values.get(occupancy.field));
  const items = lists.get(occupancy.countOf);
  if (!items) return "wrong_form";
  const { classes } = occupancy;
  if (!classes) return present(items.length);
  const called = items.map((item) => classOf(item, classes));
  if (set) return { type: "presentByClass", present: presentIn(set, called) };
  const { alone } = classes;
  return present(called.filter((name) => !alone || (name && alone.includes(name))).length);
}

/** What the profile calls an item; undefined for what it has no name for. */
function classOf(item: Values, { field, values }: ItemClasses): string | undefined {
  const told = item.get(field);
  if (told === undefined) return undefined;
  return Object.entries(values).find(([, meaning]) => meaning.includes(told))?.[0];
}

function present(count: unknown): Outcome {
  return isWhole(count, MAX_PRESENT) ? { type: "present", present: count } : "out_of_range";
}

function positions(given: NonNullable<Emit["targets"]>, { lists }: Read, mirrorX: boolean): Outcome {
  const points = lists.get(given.list)?.map((item) => placeOf(item, given, mirrorX));
  if (!points) return "wrong_form";
  const targets = points.filter((point) => point !== undefined);
  return targets.length === points.length ? { type: "targets", targets } : "out_of_range";
}

function named(given: NonNullable<Emit["tracks"]>, { lists }: Read, mirrorX: boolean): Outcome {
  const items = lists.get(given.list);
  if (!items) return "wrong_form";
  const points = items.flatMap((item) => {
    const place = placeOf(item, given, mirrorX);
    const id = String(item.get(given.id) ?? "");
    return place && id !== "" && id.length <= MAX_ID_CHARACTERS ? [{ id, ...place }] : [];
  });
  return points.length === items.length ? { type: "tracks", points, whole: true } : "out_of_range";
}

/** In metres; undefined when it is farther away than any sensor sees. */
function placeOf(
  item: Values,
  given: { readonly x: string; readonly y: string; readonly scale?: number },
  mirrorX: boolean,
): { readonly x: number; readonly y: number } | undefined {
  const { scale = Number.NaN } = given;
  const metres = (name: string, sign: 1 | -1) => Number(item.get(name)) * scale * sign + 0;
  const [x, y] = [metres(given.x, mirrorX ? -1 : 1), metres(given.y, 1)];
  return Math.abs(x) <= MAX_METRES && Math.abs(y) <= MAX_METRES ? { x, y } : undefined;
}

function isWhole(value: unknown, max: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max;
}
