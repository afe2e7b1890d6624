import type { ExpectedAnswer } from "../sense/sensor/frames/modbus.ts";

/** Unit, function, byte count and CRC. */
const AROUND_DATA_BYTES = 5;
const REQUEST_BYTES = 8;
/** Reads of bits answer eight in a byte, reads of registers two bytes each. */
const BITS: readonly number[] = [1, 2];
const REGISTERS: readonly number[] = [3, 4];

/**
 * What must answer a Modbus request that was sent (Modbus Application Protocol V1.1b3, 6.1 to 6.6): unit, function,
 * address (2), quantity or value (2), CRC (2). Null for anything else.
 */
export function expectedAnswer(request: Uint8Array): ExpectedAnswer | null {
  const [unit, fc, , , high = 0, low = 0] = request;
  if (unit === undefined || fc === undefined || request.length !== REQUEST_BYTES) return null;
  const quantity = high * 256 + low;
  if (BITS.includes(fc)) return { unit, fc, bytes: AROUND_DATA_BYTES + Math.ceil(quantity / 8), request };
  if (REGISTERS.includes(fc)) return { unit, fc, bytes: AROUND_DATA_BYTES + 2 * quantity, request };
  return { unit, fc, bytes: REQUEST_BYTES, request };
}
