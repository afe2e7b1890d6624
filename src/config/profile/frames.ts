import { z } from "zod";
import { hexBytes, name, wireText } from "./values.ts";

/** How frames are found in a stream of bytes. */

/** The longest binary frame: bounds what a length on the wire may ask for. */
export const MAX_FRAME_BYTES = 16 * 1024;

/**
 * Numbers in a frame. `le` little endian, `be` big endian; `f32` IEEE 754; `bcd8` two decimal digits in a byte; `sm16le`
 * sign and magnitude with bit 15 = positive (Hi-Link HLK-LD2450 protocol V1.03).
 */
export const SCALARS = [
  "u8",
  "i8",
  "u16le",
  "u16be",
  "i16le",
  "i16be",
  "u24le",
  "u24be",
  "u32le",
  "u32be",
  "i32le",
  "i32be",
  "f32le",
  "f32be",
  "bcd8",
  "sm16le",
] as const;
export type Scalar = (typeof SCALARS)[number];

/** The number of bytes of a number in a frame. */
export function scalarBytes(type: Scalar): number {
  return type === "bcd8" ? 1 : Number.parseInt(type.replace(/^[a-z]+/, ""), 10) / 8;
}

export const CHECKS = ["sum8", "xor8", "nxor8", "crc8-07", "crc16-modbus", "ones16"] as const;

export const scalar = z.enum(SCALARS);
const offset = z.int().min(0).max(MAX_FRAME_BYTES);
const fromEnd = z.int().min(-MAX_FRAME_BYTES).max(MAX_FRAME_BYTES);

/** Where the frame says how long it is: the number read at `at`, plus `add`, is the length of the whole frame. */
const sizeField = z.strictObject({
  at: offset,
  type: z.enum(["u8", "u16le", "u16be", "u24le", "u24be", "u32le", "u32be"]),
  add: z.int().min(-64).max(1024).default(0),
  min: z.int().min(2).max(MAX_FRAME_BYTES),
  max: z.int().min(2).max(MAX_FRAME_BYTES),
});

/** Over bytes [from, to); negative numbers count from the end of the frame. */
const check = z.strictObject({ algo: z.enum(CHECKS), from: fromEnd.default(0), to: fromEnd, at: fromEnd });

const binary = z.strictObject({
  name,
  kind: z.literal("binary"),
  sync: hexBytes(16),
  size: z.union([z.int().min(2).max(MAX_FRAME_BYTES), sizeField], {
    error: `expected a length of 2 to ${MAX_FRAME_BYTES}, or { at, type, add, min, max }`,
  }),
  tail: hexBytes(16).exactOptional(),
  check: check.exactOptional(),
});

const line = z.strictObject({
  name,
  kind: z.literal("line"),
  start: wireText.exactOptional(),
  /** Without it a line ends at CR, LF or both. */
  end: wireText.exactOptional(),
  max: z.int().min(2).max(32_768),
  restartOnStart: z.boolean().default(false),
});

const jsonStream = z.strictObject({
  name,
  kind: z.literal("json-stream"),
  max: z.int().min(16).max(65_536),
});

export const frame = z.discriminatedUnion("kind", [
  binary,
  line,
  jsonStream,
  z.strictObject({ name, kind: z.literal("modbus-rtu") }),
  z.strictObject({ name, kind: z.literal("dcon") }),
]);

export type Frame = z.output<typeof frame>;
export type BinaryFrame = Extract<Frame, { kind: "binary" }>;
