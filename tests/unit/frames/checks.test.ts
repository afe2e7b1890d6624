import { describe, expect, it } from "vitest";
import { checkFits, checkHolds, checkValue } from "../../../src/sense/sensor/frames/checks.ts";
import { describeWithRecording } from "../../kit/shared-data.ts";
import { hex, text, vector } from "./kit.ts";

describe("check values", () => {
  it("agree with the published values for 123456789", () => {
    const digits = text("123456789");
    expect(checkValue("crc16-modbus", digits)).toBe(0x4b37);
    expect(checkValue("crc8-07", digits)).toBe(0xf4);
    expect(checkValue("sum8", digits)).toBe(0xdd);
    expect(checkValue("xor8", digits)).toBe(0x31);
    expect(checkValue("nxor8", digits)).toBe(0xce);
  });

  it("add words with the carry brought round, a lone last byte as a low byte", () => {
    expect(checkValue("ones16", hex("01 02 03 04"))).toBe(0xf9fb);
    expect(checkValue("ones16", hex("ff ff 02 00"))).toBe(0xfffd);
    expect(checkValue("ones16", hex("ff ff 02"))).toBe(0xfffd);
  });

  it("cover only the bytes from the first place to the second", () => {
    expect(checkValue("sum8", hex("10 01 02 20"), 1, 3)).toBe(3);
    expect(checkValue("sum8", new Uint8Array(0))).toBe(0);
  });
});

describe("a check", () => {
  const crc = { algo: "crc16-modbus", from: 0, to: -2, at: -2 } as const;

  it("holds where the frame carries the value, low byte first", () => {
    const answer = hex("ee 01 03 04 00 10 00 03 bb f7 ee");
    expect(checkHolds(crc, answer, 1, 9)).toBe(true);
    expect(checkHolds(crc, answer, 0, 9)).toBe(false);
    expect(checkHolds(crc, hex("01 03 04 00 10 00 03 f7 bb"), 0, 9)).toBe(false);
    expect(checkHolds(crc, hex("01 03 04 00 10 00 02 bb f7"), 0, 9)).toBe(false);
  });

  it("fits only where all it names is inside the frame", () => {
    expect(checkFits(crc, 2)).toBe(true);
    expect(checkFits(crc, 1)).toBe(false);
    expect(checkFits({ algo: "sum8", from: 0, to: 8, at: 8 }, 9)).toBe(true);
    expect(checkFits({ algo: "sum8", from: 0, to: 8, at: 8 }, 8)).toBe(false);
    expect(checkFits({ algo: "ones16", from: 0, to: 8, at: 8 }, 9)).toBe(false);
    expect(checkFits({ algo: "sum8", from: 3, to: 2, at: 0 }, 9)).toBe(false);
    expect(checkFits({ algo: "sum8", from: 0, to: 9, at: 0 }, 8)).toBe(false);
    expect(checkFits({ algo: "sum8", from: 0, to: 2, at: -9 }, 8)).toBe(false);
    expect(checkFits({ algo: "sum8", from: -9, to: 2, at: 0 }, 8)).toBe(false);
  });
});

describeWithRecording("sensor-bytes", "the check values of makers' worked frames", () => {
  it("verify", () => {
    const holds = (protocol: string, name: string, check: Parameters<typeof checkHolds>[0]) => {
      const bytes = vector(protocol, name);
      return checkHolds(check, bytes, 0, bytes.length);
    };
    expect(holds("terabee-evo", "reset", { algo: "crc8-07", from: 0, to: -1, at: -1 })).toBe(true);
    expect(holds("ld6001a", "simple", { algo: "xor8", from: 2, to: -1, at: -1 })).toBe(true);
    expect(holds("ld6001", "radar request", { algo: "sum8", from: 0, to: -2, at: -2 })).toBe(true);
    const crc = { algo: "crc16-modbus", from: 0, to: -2, at: -2 } as const;
    for (const name of ["read DI1,DI2 pulse counts: request", "read DI1,DI2 pulse counts: answer", "clear"]) {
      expect(holds("modbus-ebyte", name, crc), name).toBe(true);
    }
  });

  it("do not, for the one command that the Terabee manual prints wrongly", () => {
    expect(checkValue("crc8-07", hex("00 11 07"))).toBe(0x57);
  });
});
