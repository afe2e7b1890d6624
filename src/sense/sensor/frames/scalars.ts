import { SCALARS, type Scalar } from "../../../config/profile/frames.ts";

/** How a number lies in the bytes of a frame: `le` the low byte first, `be` the high byte first. */
export const SCALAR_TYPES = SCALARS;
export type ScalarType = Scalar;

const SIZES: Readonly<Record<ScalarType, number>> = {
  u8: 1,
  i8: 1,
  u16le: 2,
  u16be: 2,
  i16le: 2,
  i16be: 2,
  u24le: 3,
  u24be: 3,
  u32le: 4,
  u32be: 4,
  i32le: 4,
  i32be: 4,
  f32le: 4,
  f32be: 4,
  bcd8: 1,
  sm16le: 2,
};

/** The number of bytes of a scalar. */
export function scalarSize(type: ScalarType): number {
  return SIZES[type];
}

type Reader = (view: DataView, at: number) => number;

const READERS: Readonly<Record<ScalarType, Reader>> = {
  u8: (view, at) => view.getUint8(at),
  i8: (view, at) => view.getInt8(at),
  u16le: (view, at) => view.getUint16(at, true),
  u16be: (view, at) => view.getUint16(at),
  i16le: (view, at) => view.getInt16(at, true),
  i16be: (view, at) => view.getInt16(at),
  u24le: (view, at) => view.getUint16(at, true) + view.getUint8(at + 2) * 0x10000,
  u24be: (view, at) => view.getUint8(at) * 0x10000 + view.getUint16(at + 1),
  u32le: (view, at) => view.getUint32(at, true),
  u32be: (view, at) => view.getUint32(at),
  i32le: (view, at) => view.getInt32(at, true),
  i32be: (view, at) => view.getInt32(at),
  f32le: (view, at) => view.getFloat32(at, true),
  f32be: (view, at) => view.getFloat32(at),
  bcd8: (view, at) => twoDigits(view.getUint8(at)),
  sm16le: (view, at) => signAndMagnitude(view.getUint16(at, true)),
};

/**
 * Reads a number, unscaled.
 * @returns NaN where it does not lie wholly inside the bytes or a decimal digit is above 9; a float may be NaN or
 *   infinite by itself. Whoever asks checks its bounds.
 */
export function readScalar(type: ScalarType, bytes: Uint8Array, at: number): number {
  if (!Number.isInteger(at) || at < 0 || at + SIZES[type] > bytes.length) return Number.NaN;
  return READERS[type](new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at);
}

function twoDigits(byte: number): number {
  const tens = byte >> 4;
  const ones = byte & 0x0f;
  return tens > 9 || ones > 9 ? Number.NaN : tens * 10 + ones;
}

/** The empty slot 0x0000 reads as 0, never as -0. */
function signAndMagnitude(word: number): number {
  const magnitude = word & 0x7fff;
  return word & 0x8000 ? magnitude : 0 - magnitude;
}
