import { describe, expect, it } from "vitest";
import { type Profile, parseProfile } from "../../../src/config/profile.ts";
import { openFrame, understand } from "../../../src/sense/sensor/profile/messages.ts";
import { hex, text } from "../../kit/devices.ts";

/** A profile around one frame and one message. */
function profileOf(frame: string, message: string): Profile {
  const parsed = parseProfile(`
schema: telpost/profile/1
id: thing
title: A device for this test
status: experimental
source: this test
transport: { kind: serial, baudRate: 9600 }
frames: [{ name: f, ${frame} }]
messages: [{ frame: f, ${message} }]
privacy: { read: [a number], dropped: [] }
health: { liveness: heartbeat, silentAfterMs: 2000 }`);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

const BINARY = 'kind: binary, sync: "AA", size: 12';
const LINE = "kind: line, max: 200";
const JSON_LINE = "kind: json-stream, max: 4000";

/** What one frame gives: its readings, or why it was discarded. */
function read(profile: Profile, bytes: Uint8Array): unknown[] {
  const opened = openFrame(profile, "f", bytes);
  if (opened.is !== "content") return [opened.is === "discard" ? opened.why : opened.is];
  const { readings, discarded } = understand(profile.messages, opened, null, { mirrorX: false });
  return [...readings, ...discarded];
}
const readJson = (profile: Profile, value: unknown) => read(profile, text(JSON.stringify(value)));
const present = (count: number) => [{ type: "present", present: count }];

describe("a field", () => {
  const occupancy = "emit: { occupancy: { field: n } }";
  const json = profileOf(
    JSON_LINE,
    `fields: { n: { json: /a/1/n, type: number, min: 0, max: 9 } }, ${occupancy}`,
  );

  it("of JSON is an own number at its place", () => {
    expect(readJson(json, { a: [0, { n: 5 }] })).toEqual(present(5));
    expect(readJson(json, { a: { 1: { n: 5 } } })).toEqual(present(5));
    for (const wrong of [{}, [], 1, null, { a: [0] }, { a: [0, { n: "5" }] }, { a: [0, { n: null }] }])
      expect(readJson(json, wrong)).toEqual(["wrong_type"]);
    for (const wrong of [10, -1, 2.5])
      expect(readJson(json, { a: [0, { n: wrong }] })).toEqual(["out_of_range"]);
    expect(read(json, text('{"a":[0,{"n":1e999}]}'))).toEqual(["out_of_range"]);
    expect(read(json, text('{"__proto__":{"a":[0,{"n":1}]}}'))).toEqual(["wrong_type"]);
    expect(read(json, text('{"a":[0,{"n":1'))).toEqual(["not_parsable"]);
    expect(read(json, hex("7b22ff227d"))).toEqual(["not_text"]);
  });

  it("never finds what every object inherits", () => {
    const inherited = profileOf(
      JSON_LINE,
      `fields: { n: { json: /constructor/length, type: number, min: 0, max: 9 } }, ${occupancy}`,
    );
    expect(readJson(inherited, {})).toEqual(["wrong_type"]);
  });

  it("of a line is a number with a decimal point in its column", () => {
    const line = profileOf(
      LINE,
      `split: ";", fields: { n: { col: 1, type: int, min: 0, max: 9 } }, ${occupancy}`,
    );
    expect(read(line, text("x; 7 ;y"))).toEqual(present(7));
    for (const wrong of ["x;;", "x; ;", "x;7,0", "x;0x7", "x;1e0", "x;٧"])
      expect(read(line, text(wrong))).toEqual(["wrong_type"]);
    expect(read(line, text("7"))).toEqual(["wrong_form"]);
    expect(read(line, text(";".repeat(199)))).toEqual(["wrong_type"]);
    const many = profileOf(
      LINE,
      `split: ";", fields: { n: { col: 63, type: decimal, min: 0, max: 9 } }, ${occupancy}`,
    );
    expect(read(many, text(`${";".repeat(63)}7.0;1`))).toEqual(present(7));
    expect(read(many, text(`${";".repeat(63)}7.5`))).toEqual(["out_of_range"]);
  });

  it("of hex digits has all of them", () => {
    const digits = profileOf(LINE, `fields: { n: { hexAt: 2, digits: 3 } }, ${occupancy}`);
    expect(read(digits, text(">>0fFzz"))).toEqual(present(255));
    expect(read(digits, text(">>0f"))).toEqual(["wrong_form"]);
    expect(read(digits, text(">>0g0"))).toEqual(["wrong_type"]);
  });

  it("of bits counts only those, and one that nothing emits still guards the others", () => {
    const bits = profileOf(
      BINARY,
      `fields: { n: { at: 4, type: u32le, mask: 0x80000001 }, guard: { at: 8, type: bcd8, oneOf: [12] } }, emit: { presence: { field: n } }`,
    );
    expect(read(bits, hex("aa000000 02000000 12000000"))).toEqual(present(0));
    expect(read(bits, hex("aa000000 02000080 12000000"))).toEqual(present(1));
    for (const guard of ["13", "1a"])
      expect(read(bits, hex(`aa000000 02000080 ${guard}000000`))).toEqual(["out_of_range"]);
  });

  it("of the highest bit is no negative number", () => {
    const high = profileOf(
      BINARY,
      "fields: { n: { at: 4, type: u32be, mask: 0x80000001 } }, emit: { cumulative: { in: n, bits: 32, onPowerLoss: zero, maxPerSecond: 5 } }",
    );
    expect(read(high, hex("aa000000 f0000003 00000000"))).toEqual([{ type: "totals", in: 0x8000_0001 }]);
  });

  it("of a short frame is out of range, never 0", () => {
    const late = profileOf(
      'kind: binary, sync: "AA", size: { at: 1, type: u8, min: 4, max: 12 }',
      `fields: { n: { at: 8, type: u32le, mask: 0xff } }, ${occupancy}`,
    );
    expect(read(late, hex("aa080000 00000000"))).toEqual(["out_of_range"]);
  });
});

describe("a list", () => {
  const slots = profileOf(
    BINARY,
    `fields: { n: { at: 1, type: u8, max: 6 } }, lists: { people: { at: 2, stride: 2, count: { field: n }, present: anyNonZero, fields: { x: { at: 0, type: i8 }, y: { at: 1, type: u8, max: 100 } } } }, emit: { occupancy: { countOf: people }, tracks: { list: people, id: y, x: x, y: y, scale: 0.1 } }`,
  );

  it("of slots has as many as a field says, as long as they are in the frame", () => {
    expect(read(slots, hex("aa02 0164 0000 ff01 01010101"))).toEqual([
      { type: "present", present: 1 },
      { type: "tracks", points: [{ id: "100", x: 0.1, y: 10 }], whole: true },
    ]);
    expect(read(slots, hex("aa06 000000000000000000 00"))).toEqual(["wrong_form"]);
    expect(read(slots, hex("aa07 000000000000000000 00"))).toEqual(["out_of_range"]);
  });

  it("with one person that cannot be read is no list", () => {
    expect(read(slots, hex("aa02 0164 0165 000000000000"))).toEqual(["out_of_range"]);
  });

  const boxes = profileOf(
    JSON_LINE,
    "lists: { people: { json: /b, maxItems: 3, where: [{ idx: 1, eq: 0 }, { idx: 0, gte: 60, lte: 100 }] } }, emit: { occupancy: { countOf: people } }",
  );

  it("of JSON holds the items that meet every condition", () => {
    expect(
      readJson(boxes, {
        b: [
          [60, 0],
          [59, 0],
          [80, 1],
        ],
      }),
    ).toEqual(present(1));
    expect(readJson(boxes, { b: [[101, 0]] })).toEqual(present(0));
    expect(readJson(boxes, { b: [] })).toEqual(present(0));
  });

  it("of JSON that is missing, too long or of other items is no number", () => {
    expect(readJson(boxes, {})).toEqual(["wrong_form"]);
    expect(readJson(boxes, { b: 3 })).toEqual(["wrong_type"]);
    expect(
      readJson(boxes, {
        b: [
          [1, 1],
          [1, 1],
          [1, 1],
          [1, 1],
        ],
      }),
    ).toEqual(["out_of_range"]);
    for (const item of ["box", [60], [60, "0"], { 0: 60, 1: 0 }, null])
      expect(readJson(boxes, { b: [[60, 0], item] })).toEqual(["wrong_type"]);
  });

  it("of JSON gives tracks under the names of the device, which are bounded", () => {
    const tracks = profileOf(
      JSON_LINE,
      "lists: { t: { json: /t, maxItems: 3, fields: { id: { json: /0, type: text }, x: { json: /1, type: number, min: -1e9, max: 1e9 } } } }, emit: { tracks: { list: t, id: id, x: x, y: x, scale: 1 } }",
    );
    expect(readJson(tracks, { t: [["a81f", -1]] })).toEqual([
      { type: "tracks", points: [{ id: "a81f", x: -1, y: -1 }], whole: true },
    ]);
    for (const item of [
      ["", 1],
      ["a".repeat(65), 1],
      ["a", 1001],
    ])
      expect(readJson(tracks, { t: [item] })).toEqual(["out_of_range"]);
    expect(readJson(tracks, { t: [[7, 1]] })).toEqual(["wrong_type"]);
  });
});

describe("a message", () => {
  it("is one of its frame, its start, its byte and its JSON values", () => {
    const byte = profileOf(BINARY, "when: { byte: { at: 2, eq: 0x44 } }, emit: { event: { in: 1 } }");
    expect(read(byte, hex("aa0044000000000000000000"))).toEqual([{ type: "passages", in: 1, out: 0 }]);
    expect(read(byte, hex("aa0045000000000000000000"))).toEqual([]);
    const json = profileOf(
      JSON_LINE,
      "when: { json: { /a: 1, /b: null } }, emit: { event: { out: 1 } }".replace("null", "x"),
    );
    expect(readJson(json, { a: 1, b: "x" })).toEqual([{ type: "passages", in: 0, out: 1 }]);
    expect(readJson(json, { a: "1", b: "x" })).toEqual([]);
    const starts = profileOf(LINE, 'when: { starts: "$A" }, emit: { event: { in: 1, out: 1 } }');
    expect(read(starts, text("$AB"))).toEqual([{ type: "passages", in: 1, out: 1 }]);
    expect(read(starts, text("x$A"))).toEqual([]);
  });

  it("about passages says how many, one way", () => {
    const event = profileOf(
      JSON_LINE,
      "fields: { n: { json: /n, type: number, min: 0, max: 20000 }, way: { json: /way, type: text } }, emit: { event: { in: n, direction: { field: way, in: [inbound, '+'], out: [outbound] } } }",
    );
    expect(readJson(event, { n: 3, way: "+" })).toEqual([{ type: "passages", in: 3, out: 0 }]);
    expect(readJson(event, { n: 3, way: "outbound" })).toEqual([{ type: "passages", in: 0, out: 1 }]);
    expect(readJson(event, { n: 3, way: "sideways" })).toEqual(["out_of_range"]);
    expect(readJson(event, { n: 2.5, way: "+" })).toEqual(["out_of_range"]);
    expect(readJson(event, { n: 10_001, way: "+" })).toEqual(["out_of_range"]);
  });

  it("about a counter that runs down makes it one that runs up", () => {
    const down = profileOf(
      BINARY,
      "fields: { n: { at: 2, type: u16be } }, emit: { cumulative: { out: n, bits: 12, onPowerLoss: zero, maxPerSecond: 5, countdown: true } }",
    );
    const at = (value: string) => read(down, hex(`aa00 ${value} 0000000000000000`));
    expect(at("0001")).toEqual([{ type: "totals", out: 4094 }]);
    expect(at("0000")).toEqual([{ type: "totals", out: 4095 }]);
    expect(at("0fff")).toEqual([{ type: "totals", out: 0 }]);
    expect(at("1000")).toEqual(["out_of_range"]);
  });

  it("says nothing below zero", () => {
    const negative = profileOf(
      BINARY,
      "fields: { n: { at: 2, type: i8 } }, emit: { occupancy: { field: n } }",
    );
    expect(read(negative, hex("aa00ff000000000000000000"))).toEqual(["out_of_range"]);
  });
});
