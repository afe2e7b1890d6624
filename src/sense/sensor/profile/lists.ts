import { type JsonList, type List, type SlotList, valueAt } from "../../../config/profile.ts";
import type { Discard } from "../decoder.ts";
import type { Content } from "./content.ts";
import { readFields, type Values } from "./fields.ts";

/** The items of a list that count, each with its fields. */
export type Items = readonly Values[];

/**
 * Reads a list. One item that cannot be read refuses the whole list: a list with somebody missing would be a wrong
 * number, and no number is better than that.
 */
export function readList(list: List, content: Content, values: Values): Items | Discard {
  return "stride" in list ? slots(list, content, values) : jsonItems(list, content);
}

function slots(list: SlotList, content: Content, values: Values): Items | Discard {
  if (content.is !== "bytes") return "wrong_form";
  const { at, stride, count, present } = list;
  const items: Values[] = [];
  const number = typeof count === "number" ? count : Number(values.get(count.field));
  if (!Number.isInteger(number) || number < 0) return "out_of_range";
  if (at + number * stride > content.bytes.length) return "wrong_form";
  for (let slot = 0; slot < number; slot++) {
    const from = at + slot * stride;
    if (present && isZero(content.bytes.subarray(from, from + stride))) continue;
    const item = readFields(list.fields, content, from);
    if (typeof item === "string") return item;
    items.push(item);
  }
  return items;
}

function jsonItems({ json, maxItems, where, fields }: JsonList, content: Content): Items | Discard {
  const found = content.is === "json" ? valueAt(content.json, json) : undefined;
  if (found === undefined) return "wrong_form";
  if (!Array.isArray(found)) return "wrong_type";
  if (found.length > maxItems) return "out_of_range";
  const items: Values[] = [];
  for (const entry of found) {
    const meant = keeps(entry, where);
    if (typeof meant === "string") return meant;
    if (!meant) continue;
    const item = readFields(fields, { is: "json", json: entry });
    if (typeof item === "string") return item;
    items.push(item);
  }
  return items;
}

/** Whether an item meets all conditions; an item without the numbers they ask for cannot be judged. */
function keeps(entry: unknown, where: JsonList["where"]): boolean | Discard {
  if (where.length === 0) return true;
  if (!Array.isArray(entry)) return "wrong_type";
  const numbers = where.map(({ idx }) => entry[idx] as unknown);
  if (!numbers.every((number) => typeof number === "number" && Number.isFinite(number))) return "wrong_type";
  return where.every(({ eq, gte, lte }, at) => {
    const number = Number(numbers[at]);
    return (
      (eq === undefined || number === eq) &&
      (gte === undefined || number >= gte) &&
      (lte === undefined || number <= lte)
    );
  });
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
