import { describe, expect, it } from "vitest";
import { readScalar, SCALAR_TYPES, scalarSize } from "../../../src/sense/sensor/frames/scalars.ts";
import { hex } from "./kit.ts";

const CASES = [
  ["u8", "fe", 254],
  ["i8", "fe", -2],
  ["u16le", "01 ff", 0xff01],
  ["u16be", "01 ff", 0x01ff],
  ["i16le", "01 ff", -255],
  ["i16be", "ff 01", -255],
  ["u24le", "01 02 ff", 0xff0201],
  ["u24be", "ff 02 01", 0xff0201],
  ["u32le", "01 00 00 ff", 0xff000001],
  ["u32be", "ff 00 00 01", 0xff000001],
  ["i32le", "fe ff ff ff", -2],
  ["i32be", "ff ff ff fe", -2],
  ["f32le", "00 00 c0 3f", 1.5],
  ["f32be", "3f c0 00 00", 1.5],
  ["f32le", "00 00 80 7f", Number.POSITIVE_INFINITY],
  ["f32le", "00 00 c0 7f", Number.NaN],
  ["bcd8", "59", 59],
  ["bcd8", "5a", Number.NaN],
  ["bcd8", "a5", Number.NaN],
  ["sm16le", "0e 03", -782],
  ["sm16le", "b1 86", 1713],
  ["sm16le", "00 80", 0],
  ["sm16le", "00 00", 0],
  ["sm16le", "ff 7f", -32767],
  ["sm16le", "ff ff", 32767],
] as const;

describe("a scalar", () => {
  it.each(CASES)("%s of %s is %d", (type, bytes, value) => {
    expect(readScalar(type, hex(bytes), 0)).toBe(value);
    expect(readScalar(type, hex(`aa bb ${bytes} cc`), 2)).toBe(value);
  });

  it("has a test for every type", () => {
    expect(new Set(CASES.map(([type]) => type))).toEqual(new Set(SCALAR_TYPES));
  });

  it("is not a number where it does not lie wholly inside the bytes", () => {
    for (const type of SCALAR_TYPES) {
      const bytes = new Uint8Array(scalarSize(type));
      expect(readScalar(type, bytes, 0)).toBe(0);
      for (const at of [1, -1, 0.5, Number.NaN, 2 ** 40]) expect(readScalar(type, bytes, at)).toBeNaN();
    }
  });

  it("is read from a view of a larger buffer", () => {
    const view = Buffer.from("ffff0102ffff", "hex").subarray(2, 4);
    expect(readScalar("u16be", view, 0)).toBe(0x0102);
    expect(readScalar("u32be", view, 0)).toBeNaN();
  });
});
