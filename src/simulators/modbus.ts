/**
 * The asked side of Modbus RTU (Modbus Application Protocol V1.1b3, 6.3, 6.4, 6.6 and 7; Serial Line V1.02, 6.2.2).
 * Every request that is served here has eight bytes:
 *
 *     unit | function | address hi lo | quantity or value hi lo | CRC lo hi
 */
export interface ModbusRequest {
  readonly fc: number;
  readonly addr: number;
  /** Number of registers to read, or the value to write. */
  readonly word: number;
}

/** What a device makes of a request: the registers read, the same again for a write, or why not. */
export type ModbusReply = readonly number[] | "written" | ModbusException;
export type ModbusException = "illegal function" | "illegal address" | "illegal value";

/** What was made of some bytes. */
export interface ModbusHeard<Memory> {
  readonly memory: Memory;
  /** Bytes that may still become a request: fewer than one has. */
  readonly held: Uint8Array;
  readonly answers: Uint8Array;
}

const REQUEST_BYTES = 8;
const EXCEPTIONS: Readonly<Record<ModbusException, number>> = {
  "illegal function": 1,
  "illegal address": 2,
  "illegal value": 3,
};

/**
 * Serves the whole requests to this unit, in order. A wrong check sum and requests to other units get no answer; rubbish
 * before a request does not hide it.
 */
export function serveModbus<Memory>(
  unit: number,
  before: Pick<ModbusHeard<Memory>, "memory" | "held">,
  bytes: Uint8Array,
  serve: (memory: Memory, request: ModbusRequest) => { memory: Memory; reply: ModbusReply },
): ModbusHeard<Memory> {
  const all = Buffer.concat([before.held, bytes]);
  let { memory } = before;
  const answers: Buffer[] = [];
  let at = 0;
  while (at + REQUEST_BYTES <= all.length) {
    const request = all.subarray(at, at + REQUEST_BYTES);
    const whole = request.readUInt16LE(6) === crc16(request.subarray(0, 6));
    at += whole ? REQUEST_BYTES : 1;
    if (!whole || request[0] !== unit) continue;
    const [fc, addr, word] = [request.readUInt8(1), request.readUInt16BE(2), request.readUInt16BE(4)];
    const served = serve(memory, { fc, addr, word });
    memory = served.memory;
    answers.push(answer(request, served.reply));
  }
  return { memory, held: Uint8Array.from(all.subarray(at)), answers: Buffer.concat(answers) };
}

/** A read of a row of registers; some addresses may have none. */
export function readRow(
  { addr, word }: ModbusRequest,
  register: (addr: number) => number | undefined,
): ModbusReply {
  if (word < 1 || word > 125) return "illegal value";
  const row = Array.from({ length: word }, (_, at) => register(addr + at));
  const known = row.filter((value) => value !== undefined);
  return known.length === row.length ? known : "illegal address";
}

function answer(request: Buffer, reply: ModbusReply): Buffer {
  const [unit = 0, fc = 0] = request;
  if (reply === "written") return request;
  if (typeof reply === "string") return sealed([unit, fc | 0x80, EXCEPTIONS[reply]]);
  return sealed([
    unit,
    fc,
    reply.length * 2,
    ...reply.flatMap((value) => [(value >> 8) & 0xff, value & 0xff]),
  ]);
}

function sealed(bytes: readonly number[]): Buffer {
  const crc = crc16(bytes);
  return Buffer.from([...bytes, crc & 0xff, crc >> 8]);
}

/** Polynomial 0xA001 (reflected), start 0xFFFF. */
function crc16(bytes: Iterable<number>): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}
