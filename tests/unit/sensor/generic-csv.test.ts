import { describe, expect, it } from "vitest";
import type { Form } from "../../../src/config/schema.ts";
import { type Column, decoder } from "../../../src/sense/sensor/generic-csv.ts";

const ALL: Form[] = ["passages", "totals", "present", "tracks"];

function read(text: string, columns: readonly Column[] = ["in", "out"], forms: readonly Form[] = ALL) {
  const { start, decode } = decoder({ forms, columns });
  const { readings, discarded } = decode(start, Buffer.from(text));
  return { readings, discarded };
}

const passages = (passagesIn: number, out: number) => ({ type: "passages", in: passagesIn, out });

describe("generic-csv", () => {
  it("reads rows by the configured columns, with comma, semicolon or tab", () => {
    expect(read("1,0\n2;3\n4\t5\r\n")).toEqual({
      readings: [passages(1, 0), passages(2, 3), passages(4, 5)],
      discarded: [],
    });
  });

  it("reads totals, presence and the four forms side by side", () => {
    expect(read("9,12,7\n", ["inTotal", "outTotal", "present"]).readings).toEqual([
      { type: "totals", in: 9, out: 12 },
      { type: "present", present: 7 },
    ]);
  });

  it("reads a row id,x,y as a new position of one track", () => {
    expect(read("a81f,1.2,-3.4e0\n7,.5,2.\n", ["id", "x", "y"]).readings).toEqual([
      { type: "tracks", points: [{ id: "a81f", x: 1.2, y: -3.4 }], whole: false },
      { type: "tracks", points: [{ id: "7", x: 0.5, y: 2 }], whole: false },
    ]);
  });

  it("takes a row of column names as a header, whenever it comes", () => {
    expect(read("1,2\nout,in\n1,2\nin,-,out\n5,x9,6\n").readings).toEqual([
      passages(1, 2),
      passages(2, 1),
      passages(5, 6),
    ]);
  });

  it("keeps a header over chunks", () => {
    const { start, decode } = decoder({ forms: ALL, columns: ["in", "out"] });
    const { state } = decode(start, Buffer.from("out,in\n"));
    expect(decode(state, Buffer.from("1,2\n")).readings).toEqual([passages(2, 1)]);
  });

  it("does not take a doubled name, a row of dashes or an unknown name for a header", () => {
    expect(read("in,in\n-,-\ntime,in\n1,2\n")).toEqual({
      readings: [passages(1, 2)],
      discarded: ["wrong_type", "wrong_type", "wrong_type"],
    });
  });

  it("never reads wrong numbers under a header of which the beginning was missed", () => {
    // The whole header was "in,out,present"; the port was opened in the middle of it.
    expect(read("out,present\n1,0,5\n")).toEqual({ readings: [], discarded: ["not_parsable"] });
  });

  it("drops columns named - and cells beyond the configured columns", () => {
    expect(read("aa:bb:cc,3,4,QUJD\n", ["-", "in", "out"])).toEqual({
      readings: [passages(3, 4)],
      discarded: [],
    });
  });

  it("takes an empty cell as missing and a short row as not parsable", () => {
    expect(read("4,\n,\n4\n")).toEqual({
      readings: [passages(4, 0)],
      discarded: ["wrong_form", "not_parsable"],
    });
  });

  it("accepts quotes and blanks around a cell", () => {
    expect(read('"in" , "out"\n "1", 2 \n').readings).toEqual([passages(1, 2)]);
  });

  it.each([
    ["x", "wrong_type"],
    ["NaN", "wrong_type"],
    ["Infinity", "wrong_type"],
    ["0x10", "wrong_type"],
    ["1 2", "wrong_type"],
    ["1e999", "out_of_range"],
    ["-1", "out_of_range"],
    ["1.5", "out_of_range"],
    ["10001", "out_of_range"],
  ])("discards the number %s", (cell, why) => {
    expect(read(`${cell},0\n`)).toEqual({ readings: [], discarded: [why] });
  });

  it("does not take a decimal comma for a number", () => {
    expect(read("7;1,5;2,5\n", ["id", "x", "y"])).toEqual({ readings: [], discarded: ["wrong_type"] });
  });

  it("discards a form that the sensor does not send", () => {
    expect(read("1,0\n", ["in", "out"], ["present"])).toEqual({ readings: [], discarded: ["wrong_form"] });
  });

  it("survives thousands of commas", () => {
    expect(read(`${",".repeat(4096)}\n${",".repeat(1_000_000)}\n1,2\n`)).toEqual({
      readings: [passages(1, 2)],
      discarded: ["too_long", "wrong_form"],
    });
  });

  it("skips blank lines and a byte order mark", () => {
    expect(read("\uFEFFin,out\n\n   \n1,2\n")).toEqual({ readings: [passages(1, 2)], discarded: [] });
  });
});
