import type { Profile } from "../profile.ts";
import type { RuleProblem } from "../rules.ts";
import { type Frame, scalarBytes } from "./frames.ts";
import { type Field, type List, MAX_ITEMS, type Message } from "./messages.ts";
import { sizesOf } from "./rules-frames.ts";

/** Which kind of frame a field can be read from. */
const HOMES: readonly [key: string, kinds: readonly Frame["kind"][]][] = [
  ["at", ["binary"]],
  ["reg", ["modbus-rtu"]],
  ["col", ["line"]],
  ["json", ["json-stream"]],
  ["hexAt", ["line", "dcon"]],
];

/** Every field and list belongs to the kind of frame that its message reads. */
export function* whereFields(message: Message, frame: Frame): Generator<RuleProblem> {
  for (const [name, field] of Object.entries(message.fields)) {
    yield* homeRules(field, frame, ["fields", name]);
    if ("col" in field && message.split === undefined)
      yield { path: ["fields", name, "col"], message: 'a column needs split: "," in the message' };
  }
  for (const [name, list] of Object.entries(message.lists)) {
    yield* homeRules(list, frame, ["lists", name]);
    for (const [inner, field] of Object.entries(list.fields))
      yield* homeRules(field, frame, ["lists", name, "fields", inner]);
  }
}

function* homeRules(
  field: Field | List,
  frame: Frame,
  path: readonly (string | number)[],
): Generator<RuleProblem> {
  const [key, kinds] = HOMES.find(([one]) => one in field) ?? ["", []];
  if (!kinds.includes(frame.kind))
    yield { path: [...path, key], message: `needs a frame of kind ${kinds.join(" or ")}` };
}

/** Every field has bounds and lies inside what it is read from. */
export function* fieldRules(profile: Profile, message: Message, frame: Frame): Generator<RuleProblem> {
  const bytes = frame.kind === "binary" ? sizesOf(frame).most : undefined;
  for (const [name, field] of Object.entries(message.fields)) {
    const path = ["fields", name] as const;
    yield* boundRules(field, path);
    if ("at" in field && bytes !== undefined) yield* insideRules(field, bytes, path);
    if ("reg" in field) yield* registerRules(profile, message, field, path);
  }
  for (const [name, list] of Object.entries(message.lists)) {
    const path = ["lists", name] as const;
    for (const [inner, field] of Object.entries(list.fields)) {
      yield* boundRules(field, [...path, "fields", inner]);
      if ("stride" in list && "at" in field)
        yield* insideRules(field, list.stride, [...path, "fields", inner]);
    }
    if ("stride" in list && bytes !== undefined) yield* slotRules(message, list, bytes, path);
  }
}

type Path = readonly (string | number)[];

function* insideRules(
  field: Extract<Field, { at: number }>,
  bytes: number,
  path: Path,
): Generator<RuleProblem> {
  if (field.at + scalarBytes(field.type) > bytes)
    yield { path: [...path, "at"], message: `lies outside the ${bytes} bytes it is read from` };
}

function* boundRules(field: Field, path: Path): Generator<RuleProblem> {
  const { min, max, oneOf } = field;
  if (min !== undefined && max !== undefined && min > max)
    yield { path: [...path, "min"], message: "min is above max" };
  if ("json" in field && field.type === "text") {
    if (min !== undefined || max !== undefined)
      yield { path: [...path, "type"], message: "a text has no min and max; use oneOf" };
    return;
  }
  if (oneOf?.some((value) => typeof value === "string"))
    yield { path: [...path, "oneOf"], message: "expected numbers" };
  const bounded = (min !== undefined && max !== undefined) || oneOf !== undefined;
  if (!bounded && !hasWidth(field))
    yield { path, message: "missing; expected min and max, or oneOf: nothing else bounds this number" };
  if ("mask" in field && field.mask !== undefined && field.type.startsWith("f"))
    yield { path: [...path, "mask"], message: "only a whole number has bits" };
}

/** A whole number of so many bits bounds itself; a float, a decimal or a number of JSON does not. */
function hasWidth(field: Field): boolean {
  if ("hexAt" in field) return true;
  return ("at" in field || "reg" in field) && !field.type.startsWith("f");
}

function* registerRules(
  profile: Profile,
  message: Message,
  field: Extract<Field, { reg: number }>,
  path: Path,
): Generator<RuleProblem> {
  const qty = profile.poll.find(({ name }) => name === message.when.poll)?.modbus?.qty;
  if (qty !== undefined && field.reg + scalarBytes(field.type) / 2 > qty)
    yield { path: [...path, "reg"], message: `lies outside the ${qty} registers that the poll asks for` };
  if (field.lowWordFirst !== false && scalarBytes(field.type) < 4)
    yield { path: [...path, "lowWordFirst"], message: "only a number of 32 bits has two words" };
}

function* slotRules(
  message: Message,
  list: Extract<List, { stride: number }>,
  bytes: number,
  path: Path,
): Generator<RuleProblem> {
  const { at, stride, count } = list;
  if (typeof count === "number") {
    if (at + stride * count > bytes)
      yield {
        path: [...path, "count"],
        message: `${count} slots lie outside the ${bytes} bytes of the frame`,
      };
    return;
  }
  const field = message.fields[count.field];
  if (!field) yield { path: [...path, "count", "field"], message: `there is no field "${count.field}"` };
  else if ((field.max ?? Number.POSITIVE_INFINITY) > MAX_ITEMS)
    yield { path: [...path, "count", "field"], message: `the field needs a max of at most ${MAX_ITEMS}` };
}
