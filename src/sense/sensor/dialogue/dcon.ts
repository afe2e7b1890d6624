import { assert } from "../../../base/assert.ts";
import { dconChecksum } from "../frames/dcon.ts";
import type { DconAnswer } from "./script.ts";

/**
 * Requests in DCON, the ASCII protocol of ICP DAS modules, and the shape of their answers.
 * Sources: ICP DAS I-7080 user manual V2.2 p. 26 (`#AAN` reads counter N); ZT-2017 user manual V1.0.1 p. 31 (checksum).
 *
 *     # | AA address, hex | N | [checksum] | CR      ->      > | data, hex | [checksum] | CR      or      ? | AA | ...
 */
export interface DconRequest {
  /** `#` reads or acts, `$` asks for or sets the configuration. */
  readonly lead: "#" | "$";
  readonly unit: number;
  /** What stands behind the address, such as the number of the counter. */
  readonly command: string;
  /** The module is set to use checksums: the sum of all characters before it, modulo 256, as two capital hex digits. */
  readonly checksum: boolean;
}

/** The bytes of a request. */
export function dconRequest({ lead, unit, command, checksum }: DconRequest): Uint8Array {
  assert(Number.isInteger(unit) && unit >= 0 && unit <= 255, "a DCON address is 0 to 255");
  assert(/^[0-9A-Za-z]{1,32}$/.test(command), "a DCON command is letters and digits");
  const text = `${lead}${hexByte(unit)}${command}`;
  const sum = checksum ? dconChecksum(Buffer.from(text, "latin1")) : "";
  return new Uint8Array(Buffer.from(`${text}${sum}\r`, "latin1"));
}

/** The answer to a request for a number of `digits` hex digits: 8 for the counters of an I-7080. */
export function dconAnswer({ unit, checksum }: DconRequest, digits: number): DconAnswer {
  return { kind: "dcon", unit, digits, checksum };
}

export function hexByte(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, "0");
}
