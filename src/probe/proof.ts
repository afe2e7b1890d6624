import { scalarBytes } from "../config/profile/frames.ts";
import type { BinaryFrame, Field, Frame, Message, Profile } from "../config/profile.ts";
import type { Expect } from "../sense/sensor/dialogue/dialogue.ts";
import { checkSize } from "../sense/sensor/frames/checks.ts";

/**
 * How much a frame proves, in bits: random bytes look like it with a chance of about 2^-bits at each place. Sync word,
 * tail, checksum and fixed text count in full, a number counts for the part of its range that the profile refuses.
 * A long checksum proves with few frames what a short sync word proves only with many.
 */
export function proofOf(profile: Profile, name: string): number {
  const frame = profile.frames.find((one) => one.name === name);
  if (!frame) return 0;
  const said = profile.messages.filter((message) => message.frame === name).map(messageBits);
  return frameBits(frame) + (said.length > 0 ? Math.min(...said) : 0);
}

/** What one answer to a question proves. */
export function proofOfAnswer(expect: Expect): number {
  switch (expect.kind) {
    case "modbus":
      return 8 * (UNIT_FUNCTION_LENGTH + CRC);
    case "dcon":
      return 8 * 2 + HEX_DIGIT_BITS * expect.digits + (expect.checksum ? 8 : 0);
    case "text":
      return 8 * Math.min(...expect.any.map(({ length }) => length));
    case "frame":
      return (
        8 * (expect.starts?.length ?? 0) +
        letters(Object.entries(expect.json ?? {}).flat()) +
        letters(expect.has ?? [])
      );
  }
}

const UNIT_FUNCTION_LENGTH = 3;
const CRC = 2;
/** 22 of 256 bytes are hex digits. */
const HEX_DIGIT_BITS = 3.5;
/** Digits and a separator where any byte could stand. */
const COLUMN_BITS = 4;

function frameBits(frame: Frame): number {
  if (frame.kind === "binary") return binaryBits(frame);
  if (frame.kind !== "line") return 0;
  return 8 * ((frame.start?.length ?? 0) + (frame.end?.length ?? 0));
}

function binaryBits({ sync, tail, check }: BinaryFrame): number {
  return 8 * (sync.length + (tail?.length ?? 0) + (check ? checkSize(check.algo) : 0));
}

function messageBits({ when, fields }: Message): number {
  return (
    8 * (when.starts?.length ?? 0) +
    letters(Object.entries(when.json ?? {}).flat()) +
    Object.values(fields).reduce((bits, field) => bits + fieldBits(field), 0)
  );
}

function letters(values: readonly unknown[]): number {
  return 8 * values.reduce<number>((sum, value) => sum + String(value).length, 0);
}

function fieldBits(field: Field): number {
  if ("json" in field) return letters([field.json]);
  if ("hexAt" in field) return HEX_DIGIT_BITS * field.digits;
  if ("col" in field) return COLUMN_BITS;
  if ("reg" in field || field.type.startsWith("f")) return 0;
  const { type, mask, oneOf, min, max } = field;
  const all = mask === undefined ? 2 ** (8 * scalarBytes(type)) : 2 ** ones(mask);
  const [least, most] = type === "bcd8" ? [0, 99] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const span = Math.min(max ?? most, most) - Math.max(min ?? least, least) + 1;
  const allowed = oneOf?.length ?? (Number.isFinite(span) ? span : all);
  return Math.max(0, Math.log2(all / Math.max(1, allowed)));
}

function ones(mask: number): number {
  return mask.toString(2).replaceAll("0", "").length;
}
