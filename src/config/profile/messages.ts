import { z } from "zod";
import { className } from "../classes.ts";
import { MAX_FRAME_BYTES, scalar } from "./frames.ts";
import { keyed, name, oneForm, orSetting, plainValue, pointer, wireText } from "./values.ts";

/** What a frame means: which numbers stand where, and what is made of them. */

/** More people than any one device reports. */
export const MAX_ITEMS = 256;

const offset = z.int().min(0).max(MAX_FRAME_BYTES);
/** Kept only for numbers between these, or of this list; anything else discards the message. */
const bounds = {
  min: z.number().exactOptional(),
  max: z.number().exactOptional(),
  oneOf: z.array(z.number()).min(1).max(64).exactOptional(),
};
/** Bits of a whole number that mean something here; taken before the bounds are looked at. */
const mask = z.int().min(1).max(0xffff_ffff).exactOptional();

/** A number at a place in a binary frame. */
const atField = z.strictObject({ at: offset, type: scalar, mask, ...bounds });

/** A number in the registers of a Modbus answer; `reg` counts from 0 at the first register that the poll asked for. */
const registerField = z.strictObject({
  reg: z.int().min(0).max(124),
  type: z.enum(["u16be", "i16be", "u32be", "i32be", "f32be"]),
  /** Of the two registers of a 32-bit number the low one comes first (Advantech ADAM-6051). */
  lowWordFirst: orSetting(z.boolean()).default(false),
  mask,
  ...bounds,
});

/** A column of a line that `split` cuts, from 0. `decimal` has a decimal point. */
const columnField = z.strictObject({
  col: z.int().min(0).max(63),
  type: z.enum(["int", "decimal"]),
  ...bounds,
});

/** A value of a JSON frame, or of one item of a list in it. */
const jsonField = z.strictObject({
  json: pointer,
  type: z.enum(["number", "text"]),
  min: bounds.min,
  max: bounds.max,
  oneOf: z
    .array(z.union([z.number(), z.string().max(64)]))
    .min(1)
    .max(64)
    .exactOptional(),
});

/** Hex digits in a text frame: `hexAt` characters from its start. */
const hexField = z.strictObject({
  hexAt: z.int().min(0).max(255),
  digits: z.int().min(1).max(12),
  ...bounds,
});

export const field = oneForm({
  at: atField,
  reg: registerField,
  col: columnField,
  json: jsonField,
  hexAt: hexField,
});

/** Equal slots in a binary frame; `at` of their fields counts from the start of the slot. */
const slotList = z.strictObject({
  at: offset,
  stride: z.int().min(1).max(1024),
  count: z.union([z.int().min(1).max(MAX_ITEMS), z.strictObject({ field: name })], {
    error: `expected a number of 1 to ${MAX_ITEMS}, or { field: name }`,
  }),
  /** A slot of zeros holds nobody. */
  present: z.literal("anyNonZero").exactOptional(),
  fields: keyed(name, field).default({}),
});

/** Only items whose value at place `idx` of an array is this; all conditions must hold. */
const condition = z
  .strictObject({
    idx: z.int().min(0).max(63),
    eq: z.number().exactOptional(),
    gte: z.number().exactOptional(),
    lte: z.number().exactOptional(),
  })
  .refine(({ eq, gte, lte }) => eq !== undefined || gte !== undefined || lte !== undefined, {
    error: "expected eq, gte or lte",
  });

const jsonList = z.strictObject({
  json: pointer,
  maxItems: z.int().min(1).max(MAX_ITEMS),
  where: z.array(condition).max(8).default([]),
  fields: keyed(name, field).default({}),
});

export const list = oneForm({ at: slotList, json: jsonList });

/** All that is given must hold for the message to be this one. */
const when = z.strictObject({
  /** The text the frame starts with. */
  starts: wireText.exactOptional(),
  json: keyed(pointer, plainValue).exactOptional(),
  /** The frame answers this poll. */
  poll: name.exactOptional(),
  byte: z.strictObject({ at: offset, eq: z.int().min(0).max(255) }).exactOptional(),
});

/** A field, or exactly one. */
const counted = z.union([name, z.literal(1)], { error: "expected the name of a field, or 1" });
const choices = z
  .array(z.union([z.number(), z.string().max(64)]))
  .min(1)
  .max(16);

/** Passages since the message before. With `direction` the passage goes one way, and a value in neither list is refused. */
const event = z.strictObject({
  in: counted.exactOptional(),
  out: counted.exactOptional(),
  direction: z.strictObject({ field: name, in: choices, out: choices }).exactOptional(),
});

const cumulative = z.strictObject({
  in: name.exactOptional(),
  out: name.exactOptional(),
  /** Width after which the counter wraps to 0. */
  bits: z.int().min(8).max(48).exactOptional(),
  onPowerLoss: z.enum(["zero", "kept"]),
  clearOnRead: z.boolean().default(false),
  /** Faster than people can pass here: such a step is a spike or a reset, never a count. */
  maxPerSecond: z.number().positive().max(1000).exactOptional(),
  /** The counter runs down; needs `bits`. */
  countdown: z.boolean().default(false),
});

const inField = z.strictObject({ field: name });
/** What the items of a list are, by the value of a field of theirs. */
const classes = z.strictObject({
  field: name,
  /** The values that mean each class. */
  values: keyed(className, choices),
  /** These are counted, together, where telpost.yaml asks for no classes; without it everything is. */
  alone: z.array(className).min(1).exactOptional(),
});
const countOf = z.strictObject({ countOf: name, classes: classes.exactOptional() });
/** Metres in one unit of the fields x and y. */
const scale = z.number().positive().max(1000).exactOptional();
const place = { list: name, x: name, y: name, scale };

/** What leaves the decoder: nothing else does. */
export const emit = z
  .strictObject({
    event: event.exactOptional(),
    cumulative: cumulative.exactOptional(),
    /** 0 or 1. */
    presence: inField.exactOptional(),
    occupancy: oneForm({ countOf, field: inField }).exactOptional(),
    /** Positions without identity. */
    targets: z.strictObject(place).exactOptional(),
    /** Positions of which the device says who is who. */
    tracks: z.strictObject({ ...place, id: name }).exactOptional(),
    /** Distance and strength, for the engine distance-beam. */
    beam: z.strictObject({ field: name, strength: name.exactOptional() }).exactOptional(),
  })
  .refine((given) => Object.keys(given).length > 0, {
    error: "expected event, cumulative, presence, occupancy, targets, tracks or beam",
  });

export const message = z.strictObject({
  frame: name,
  when: when.default({}),
  /** Cuts a line into columns. */
  split: z.string().length(1, { error: "expected one character" }).exactOptional(),
  fields: keyed(name, field).default({}),
  lists: keyed(name, list).default({}),
  emit,
});

export type Field = z.output<typeof field>;
export type List = z.output<typeof list>;
export type SlotList = Extract<List, { stride: number }>;
export type JsonList = Extract<List, { maxItems: number }>;
export type Message = z.output<typeof message>;
export type When = z.output<typeof when>;
export type Emit = z.output<typeof emit>;
export type ItemClasses = z.output<typeof classes>;
