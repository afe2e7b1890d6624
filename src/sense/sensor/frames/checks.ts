/** How a check value is made; how many bytes it has follows from it. */
export const CHECK_ALGOS = [
  /** Sum of the bytes, modulo 256. */
  "sum8",
  "xor8",
  /** The complement of xor8. */
  "nxor8",
  /** Polynomial 0x07, start 0 (Terabee TeraRanger Evo user manual). */
  "crc8-07",
  /** Polynomial 0xA001 (reflected), start 0xFFFF, low byte first (Modbus over Serial Line V1.02, 6.2.2). */
  "crc16-modbus",
  /** Complement of the one's complement sum of little-endian words, low byte first (TI industrial toolbox 4.x). */
  "ones16",
] as const;
export type CheckAlgo = (typeof CHECK_ALGOS)[number];

/** Where a check value lies and what it covers. A negative place counts from the end of the frame. */
export interface CheckSpec {
  readonly algo: CheckAlgo;
  /** The first byte that is covered. */
  readonly from: number;
  /** The byte behind the last one that is covered. */
  readonly to: number;
  /** Where the check value begins. */
  readonly at: number;
}

/** The number of bytes of a check value. */
export function checkSize(algo: CheckAlgo): number {
  return algo === "crc16-modbus" || algo === "ones16" ? 2 : 1;
}

/** The check value of the bytes in [from, to). */
export function checkValue(algo: CheckAlgo, bytes: Uint8Array, from = 0, to = bytes.length): number {
  return ALGOS[algo](bytes, from, to);
}

/** True when a frame of `size` bytes at `start` carries the check value that its bytes give. */
export function checkHolds(spec: CheckSpec, bytes: Uint8Array, start: number, size: number): boolean {
  const place = (offset: number) => start + (offset < 0 ? size + offset : offset);
  const at = place(spec.at);
  const high = checkSize(spec.algo) === 2 ? (bytes[at + 1] ?? 0) << 8 : 0;
  return checkValue(spec.algo, bytes, place(spec.from), place(spec.to)) === ((bytes[at] ?? 0) | high);
}

/** True when everything the check names lies inside a frame of `size` bytes. */
export function checkFits(spec: CheckSpec, size: number): boolean {
  const place = (offset: number) => (offset < 0 ? size + offset : offset);
  const [from, to, at] = [place(spec.from), place(spec.to), place(spec.at)];
  return from >= 0 && from <= to && to <= size && at >= 0 && at + checkSize(spec.algo) <= size;
}

type Algo = (bytes: Uint8Array, from: number, to: number) => number;

const ALGOS: Readonly<Record<CheckAlgo, Algo>> = {
  sum8: fold((sum, byte) => (sum + byte) & 0xff),
  xor8: fold((sum, byte) => sum ^ byte),
  nxor8: (bytes, from, to) => ALGOS.xor8(bytes, from, to) ^ 0xff,
  "crc8-07": fold((crc, byte) => CRC8[crc ^ byte] ?? 0),
  "crc16-modbus": fold((crc, byte) => (crc >> 8) ^ (CRC16[(crc ^ byte) & 0xff] ?? 0), 0xffff),
  ones16,
};

function fold(step: (value: number, byte: number) => number, start = 0): Algo {
  return (bytes, from, to) => {
    let value = start;
    for (let at = from; at < to; at++) value = step(value, bytes[at] ?? 0);
    return value;
  };
}

const CRC8 = table((crc) => (crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1));
const CRC16 = table((crc) => (crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1));

/** What eight steps make of each byte. */
function table(step: (crc: number) => number): readonly number[] {
  return Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = step(crc);
    return crc;
  });
}

/** A last byte without a partner counts as the low byte of a word. */
function ones16(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 2) {
    const high = at + 1 < to ? (bytes[at + 1] ?? 0) : 0;
    sum += (bytes[at] ?? 0) | (high << 8);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return sum ^ 0xffff;
}
