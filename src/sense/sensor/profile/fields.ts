import { type Field, valueAt } from "../../../config/profile.ts";
import type { Discard } from "../decoder.ts";
import { readScalar } from "../frames/scalars.ts";
import type { Content } from "./content.ts";

/** A value that keeps its bounds. */
export interface Value {
  readonly value: number | string;
}

/** The values of a message or of one item of a list, by their names. */
export type Values = ReadonlyMap<string, number | string>;

/** A Modbus answer begins with unit, function and byte count (Modbus Application Protocol V1.1b3, 6.3). */
const BEFORE_REGISTERS = 3;
const MAX_TEXT = 64;

/**
 * Reads every field. One that is missing or outside its bounds refuses them all: a frame that is wrong in one place cannot
 * be trusted in another. So a field that nothing emits still guards the others; it is dropped with the map.
 * @param from where the places of `at` fields begin
 */
export function readFields(
  fields: Readonly<Record<string, Field>>,
  content: Content,
  from = 0,
): Values | Discard {
  const values = new Map<string, number | string>();
  for (const [name, field] of Object.entries(fields)) {
    const read = readField(field, content, from);
    if (typeof read === "string") return read;
    values.set(name, read.value);
  }
  return values;
}

function readField(field: Field, content: Content, from: number): Value | Discard {
  if ("json" in field && field.type === "text") return readText(field, content);
  const number = numberOf(field, content, from);
  if (typeof number === "string") return number;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, oneOf } = field;
  // NaN keeps no bounds: a decimal digit above 9, or a place outside the frame.
  const inside = number >= min && number <= max;
  return inside && (!oneOf || oneOf.some((one) => one === number)) ? { value: number + 0 } : "out_of_range";
}

function readText(field: Extract<Field, { json: string }>, content: Content): Value | Discard {
  const text = content.is === "json" ? valueAt(content.json, field.json) : undefined;
  if (typeof text !== "string") return "wrong_type";
  const allowed = field.oneOf ? field.oneOf.includes(text) : text.length > 0 && text.length <= MAX_TEXT;
  return allowed ? { value: text } : "out_of_range";
}

function numberOf(field: Field, content: Content, from: number): number | Discard {
  if ("json" in field) {
    const found = content.is === "json" ? valueAt(content.json, field.json) : undefined;
    return typeof found === "number" ? found : "wrong_type";
  }
  if ("col" in field) return content.is === "text" ? columnNumber(field, content.columns) : "wrong_form";
  if ("hexAt" in field) return content.is === "text" ? hexNumber(field, content.text) : "wrong_form";
  if (content.is !== "bytes") return "wrong_form";
  const number =
    "reg" in field
      ? registerNumber(field, content.bytes)
      : readScalar(field.type, content.bytes, from + field.at);
  return field.mask === undefined || Number.isNaN(number) ? number : (number & field.mask) >>> 0;
}

function columnNumber(
  { col, type }: Extract<Field, { col: number }>,
  columns: readonly string[],
): number | Discard {
  const text = columns[col]?.trim();
  if (text === undefined) return "wrong_form";
  const form = type === "int" ? /^[+-]?\d{1,15}$/ : /^[+-]?\d{1,15}(\.\d{1,15})?$/;
  return form.test(text) ? Number(text) : "wrong_type";
}

function hexNumber({ hexAt, digits }: Extract<Field, { hexAt: number }>, text: string): number | Discard {
  const hex = text.slice(hexAt, hexAt + digits);
  if (hex.length !== digits) return "wrong_form";
  return /^[0-9A-Fa-f]+$/.test(hex) ? Number.parseInt(hex, 16) : "wrong_type";
}

/** Registers are sent high byte first; in which order two of them make a number differs from maker to maker. */
function registerNumber(field: Extract<Field, { reg: number }>, answer: Uint8Array): number {
  const at = BEFORE_REGISTERS + 2 * field.reg;
  if (field.lowWordFirst !== true) return readScalar(field.type, answer, at);
  const words = Uint8Array.from([2, 3, 0, 1], (byte) => answer[at + byte] ?? Number.NaN);
  return at + 4 <= answer.length ? readScalar(field.type, words, 0) : Number.NaN;
}
