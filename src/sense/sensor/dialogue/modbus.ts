import { assert } from "../../../base/assert.ts";
import { checkValue } from "../frames/checks.ts";
import type { ExpectedAnswer } from "../frames/modbus.ts";
import type { ModbusAnswer } from "./script.ts";
import type { Awaited } from "./state.ts";

/**
 * Requests of a Modbus RTU master and the shape of their answers.
 * Sources: Modbus Application Protocol V1.1b3 (6.1-6.6, 7), Modbus over Serial Line V1.02 (2.5.1.1, 6.2.2).
 *
 *     unit | function | address hi lo | quantity or value hi lo | CRC lo hi
 */
export type ReadFunction = 1 | 2 | 3 | 4;
/** 5 writes a coil (0xFF00 is on, 0 is off), 6 a register. */
export type WriteFunction = 5 | 6;

/** Unit, function, byte count and CRC. */
export const AROUND_DATA_BYTES = 5;
const WRITE_ANSWER_BYTES = 8;

/** Adds the CRC. */
function sealed(...bytes: readonly number[]): Uint8Array {
  const frame = Uint8Array.of(...bytes, 0, 0);
  const crc = checkValue("crc16-modbus", frame, 0, bytes.length);
  frame[bytes.length] = crc & 0xff;
  frame[bytes.length + 1] = crc >> 8;
  return frame;
}

function request(unit: number, fc: number, addr: number, word: number): Uint8Array {
  assert(Number.isInteger(unit) && unit >= 1 && unit <= 247, "a Modbus unit is 1 to 247");
  assert(isWord(addr) && isWord(word), "Modbus addresses and values have 16 bits");
  return sealed(unit, fc, addr >> 8, addr & 0xff, word >> 8, word & 0xff);
}

function isWord(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff;
}

/**
 * Reads `qty` coils, inputs or registers from `addr`, as on the wire: from 0.
 * @param qty at most 2000 bits (functions 1 and 2) or 125 registers (3 and 4)
 */
export function readRequest(unit: number, fc: ReadFunction, addr: number, qty: number): Uint8Array {
  assert(qty >= 1 && qty <= (fc <= 2 ? 2000 : 125), "a Modbus quantity is at least 1 and fits one answer");
  return request(unit, fc, addr, qty);
}

/** The answer to `readRequest`: unit, function, number of bytes, the bytes, CRC. */
export function readAnswer(unit: number, fc: ReadFunction, qty: number): ModbusAnswer {
  return { kind: "modbus", unit, fc, bytes: AROUND_DATA_BYTES + (fc <= 2 ? Math.ceil(qty / 8) : 2 * qty) };
}

export function writeSingle(unit: number, fc: WriteFunction, addr: number, value: number): Uint8Array {
  return request(unit, fc, addr, value);
}

/**
 * The answer to `writeSingle` repeats the request. On a bus that echoes it cannot be told from the echo, so it proves
 * nothing there; the polls that follow do.
 */
export function writeAnswer(unit: number, fc: WriteFunction, addr: number, value: number): ModbusAnswer {
  return { kind: "modbus", unit, fc, bytes: WRITE_ANSWER_BYTES, repeats: writeSingle(unit, fc, addr, value) };
}

/** The silence that separates frames: 3.5 characters of 11 bits, at least 1.75 ms (Serial Line V1.02, 2.5.1.1); whole ms. */
export function silenceMs(baudRate: number): number {
  return Math.ceil(Math.max(1.75, (3.5 * 11 * 1000) / baudRate));
}

/** What the framer must know after each sending; null when no Modbus answer is awaited. */
export function modbusAwaited(awaited: Awaited | null): ExpectedAnswer | null {
  if (awaited?.expect?.kind !== "modbus") return null;
  const { unit, fc, bytes } = awaited.expect;
  return { unit, fc, bytes, request: awaited.send };
}
