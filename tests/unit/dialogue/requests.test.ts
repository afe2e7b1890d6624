import { describe, expect, it } from "vitest";
import { dconAnswer, dconRequest } from "../../../src/sense/sensor/dialogue/dcon.ts";
import { judge } from "../../../src/sense/sensor/dialogue/match.ts";
import {
  readAnswer,
  readRequest,
  silenceMs,
  writeAnswer,
  writeSingle,
} from "../../../src/sense/sensor/dialogue/modbus.ts";
import { dconFramer } from "../../../src/sense/sensor/frames/dcon.ts";
import { modbusFramer } from "../../../src/sense/sensor/frames/modbus.ts";
import { hex, latin1 } from "./rig.ts";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const dcon = { lead: "#", unit: 1, command: "0", checksum: false } as const;

describe("Modbus requests", () => {
  it("are those of the Ebyte manual, chapter 4.3.1", () => {
    expect(readRequest(1, 3, 0x30, 2)).toEqual(hex("01 03 00 30 00 02 C4 04"));
    expect(writeSingle(1, 6, 0x40, 0x0a)).toEqual(hex("01 06 00 40 00 0A 08 19"));
  });

  it("expect a byte for 8 bits and two for a register", () => {
    expect(readAnswer(1, 2, 9).bytes).toBe(7);
    expect(readAnswer(1, 4, 9).bytes).toBe(23);
  });

  it("know their answers as the framer gives them", () => {
    const answer = { name: "m", bytes: hex("01 03 04 0010 0003 BBF7") };
    expect(judge(readAnswer(1, 3, 2), answer)).toBe("answer");
    const { push, expect: expecting, start } = modbusFramer("m");
    const framed = push(expecting(start, { unit: 1, fc: 3, bytes: 9 }), answer.bytes).frames[0];
    expect(framed && judge(readAnswer(1, 3, 2), { name: framed.name, bytes: framed.frame })).toBe("answer");
    const written = { name: "m", bytes: writeSingle(1, 6, 0x40, 0x0a) };
    expect(judge(writeAnswer(1, 6, 0x40, 0x0a), written)).toBe("answer");
    expect(judge(writeAnswer(1, 6, 0x40, 0x0b), written)).toBe("other");
  });

  it("tell busy from never by the code of an exception, and leave that of another unit or function", () => {
    const of = (digits: string) => judge(readAnswer(1, 3, 2), { name: "m", bytes: hex(digits) });
    expect(of("01 83 05 0000")).toBe("busy");
    expect(of("01 83 06 0000")).toBe("busy");
    expect(of("01 83 02 0000")).toBe("refusal");
    expect(of("02 83 02 0000")).toBe("other");
    expect(of("01 84 02 0000")).toBe("other");
    expect(of("01 83 02")).toBe("other");
    expect(of("")).toBe("other");
  });

  it("assert what a profile guarantees", () => {
    expect(() => readRequest(0, 3, 0, 1)).toThrow();
    expect(() => readRequest(1, 3, 0, 126)).toThrow();
    expect(() => writeSingle(1, 6, 0x10000, 0)).toThrow();
  });

  it("leave the silence of the line between them", () => {
    expect([9600, 1200, 115_200].map(silenceMs)).toEqual([5, 33, 2]);
  });
});

describe("DCON requests", () => {
  it("are those of the I-7080 manual, and with the checksum of the ZT-2017 manual", () => {
    expect(text(dconRequest(dcon))).toBe("#010\r");
    expect(text(dconRequest({ lead: "$", unit: 1, command: "2", checksum: true }))).toBe("$012B7\r");
    expect(text(dconRequest({ ...dcon, unit: 0xab }))).toBe("#AB0\r");
  });

  it.each([
    { checksum: false, answer: ">0000001E", no: "?01" },
    { checksum: true, answer: ">0000001ED4", no: "?01A0" },
  ])("know their answers as the framer gives them, checksum $checksum", ({ checksum, answer, no }) => {
    const expected = dconAnswer({ ...dcon, checksum }, 8);
    const framer = dconFramer({ checksum });
    const of = (text: string) => {
      const [framed] = framer.push(framer.start, latin1(`#010\r${text}\r`)).frames;
      return framed && judge(expected, { name: framed.name, bytes: framed.frame });
    };
    expect(of(answer)).toBe("answer");
    expect(of(no)).toBe("refusal");
  });

  it("take nothing else for an answer", () => {
    const of = (answer: string) => judge(dconAnswer(dcon, 8), { name: "dcon", bytes: latin1(answer) });
    for (const other of ["?02", ">0000001", ">0000001EE", ">0000001G", "!0000001E", ""])
      expect(of(other)).toBe("other");
  });
});
