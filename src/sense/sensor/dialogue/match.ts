import { hexByte } from "./dcon.ts";
import { AROUND_DATA_BYTES } from "./modbus.ts";
import type { DconAnswer, FrameExpect, FrameMatch, ModbusAnswer } from "./script.ts";

/** What a frame or a text is to a request. */
export type Verdict =
  | "answer"
  /** The device is there but cannot do it now: it may be asked again. */
  | "busy"
  /** The device says no. */
  | "refusal"
  /** Something else: it does not belong to this request. */
  | "other";

interface Frame {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Modbus exception codes after which the same request may be right a moment later: acknowledge, and busy (V1.1b3, 7). */
const LATER = [5, 6];

/** Unit, function, code, CRC. */
const EXCEPTION_BYTES = 5;

/** Judges one frame against what is expected. */
export function judge(expect: FrameExpect, frame: Frame): Verdict {
  switch (expect.kind) {
    case "modbus":
      return judgeModbus(expect, frame.bytes);
    case "dcon":
      return judgeDcon(expect, frame.bytes);
    case "frame":
      return fits(expect, frame) ? "answer" : "other";
  }
}

/** An answer to the one could be taken for an answer to the other. */
export function alike(one: FrameExpect, other: FrameExpect): boolean {
  if (one.kind === "modbus" && other.kind === "modbus")
    return one.unit === other.unit && one.fc === other.fc && one.bytes === other.bytes;
  if (one.kind === "frame" && other.kind === "frame") return alikeFrames(one, other);
  return one.kind === other.kind;
}

function alikeFrames(one: FrameMatch, other: FrameMatch): boolean {
  if (one.frame !== undefined && other.frame !== undefined && one.frame !== other.frame) return false;
  if (!one.starts || !other.starts) return true;
  return startsWith(one.starts, other.starts) || startsWith(other.starts, one.starts);
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && startsWith(one, other);
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, at) => bytes[at] === byte);
}

function judgeModbus({ unit, fc, bytes: size, repeats }: ModbusAnswer, bytes: Uint8Array): Verdict {
  if (bytes[0] !== unit) return "other";
  if (bytes[1] === (fc | 0x80) && bytes.length === EXCEPTION_BYTES)
    return LATER.includes(bytes[2] ?? 0) ? "busy" : "refusal";
  if (repeats) return sameBytes(bytes, repeats) ? "answer" : "other";
  const right = bytes[1] === fc && bytes.length === size && bytes[2] === size - AROUND_DATA_BYTES;
  return right ? "answer" : "other";
}

function judgeDcon({ unit, digits, checksum }: DconAnswer, bytes: Uint8Array): Verdict {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  const text = checksum ? whole.slice(0, -2) : whole;
  if (text === `?${hexByte(unit)}`) return "refusal";
  return text.length === 1 + digits && /^>[0-9A-Fa-f]+$/.test(text) ? "answer" : "other";
}

function fits({ frame: name, starts, json, has }: FrameMatch, frame: Frame): boolean {
  if (name !== undefined && name !== frame.name) return false;
  if (starts && !startsWith(frame.bytes, starts)) return false;
  if (!json && !has) return true;
  const value = parsed(frame.bytes);
  return (
    Object.entries(json ?? {}).every(([pointer, wanted]) => at(value, pointer) === wanted) &&
    (has ?? []).every((pointer) => at(value, pointer) !== undefined)
  );
}

/** Undefined when it is not JSON: then it is not the answer. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** The value at a JSON Pointer (RFC 6901), of own keys only. */
function at(value: unknown, pointer: string): unknown {
  const keys = pointer.split("/").slice(1);
  return keys.reduce((found, key) => own(found, key.replaceAll("~1", "/").replaceAll("~0", "~")), value);
}

function own(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
