import { describe, expect, it } from "vitest";
import { AssertionError } from "../../../src/base/assert.ts";
import { type BinaryFrameSpec, binaryFramer } from "../../../src/sense/sensor/frames/binary.ts";
import { describeWithRecording } from "../../kit/shared-data.ts";
import { glued, hex, hexes, repeated, run, singly, vector } from "./kit.ts";

const REPORT: BinaryFrameSpec = { name: "report", sync: hex("aaff0300"), size: 30, tail: hex("55cc") };
const ACK: BinaryFrameSpec = {
  name: "ack",
  sync: hex("fdfcfbfa"),
  size: { at: 4, type: "u16le", add: 10, min: 12, max: 74 },
  tail: hex("04030201"),
};
const LD2450 = binaryFramer([REPORT, ACK]);
/** Distance 9 bytes, Benewake TFmini. */
const TFMINI = binaryFramer([
  { name: "distance", sync: hex("5959"), size: 9, check: { algo: "sum8", from: 0, to: -1, at: -1 } },
]);
/** Sync, u32 length of the whole, payload, CRC. */
const LONG = binaryFramer([
  {
    name: "long",
    sync: hex("a55a"),
    size: { at: 2, type: "u32le", add: 0, min: 8, max: 64 },
    check: { algo: "crc16-modbus", from: 0, to: -2, at: -2 },
  },
]);
const LONG_FRAME = hex("a55a 0a000000 0102 f0b2");
const TARGET = hex("aaff0300 0e03b18610004001 0000000000000000 0000000000000000 55cc");
const ACKNOWLEDGED = hex("fdfcfbfa 0400 fe01 0000 04030201");

describe("frames of bytes", () => {
  it("are found by their sync word among rubbish, one byte at a time", () => {
    const bytes = glued(hex("00 aa ff 03"), TARGET, hex("fdfc"), ACKNOWLEDGED, TARGET, hex("aa"));
    const { names, frames, skipped, state } = run(LD2450, singly(bytes));
    expect(names).toEqual(["report", "ack", "report"]);
    expect(frames).toEqual([TARGET, ACKNOWLEDGED, TARGET]);
    expect(skipped).toBe(6);
    expect(state.held).toEqual(hex("aa"));
  });

  it("are all found in 64 KiB at once", () => {
    const { frames, state } = run(LD2450, [repeated(TARGET, 65_536)]);
    expect(frames.length).toBe(2184);
    expect(state.held.length).toBe(65_536 % 30);
  });

  it("wait in silence for the rest, at any place they were cut", () => {
    for (let cut = 1; cut < ACKNOWLEDGED.length; cut++) {
      const half = run(LD2450, [ACKNOWLEDGED.subarray(0, cut)]);
      expect(half).toMatchObject({ frames: [], skipped: 0, failed: 0 });
      expect(run(LD2450, [ACKNOWLEDGED.subarray(cut)], half.state).frames).toEqual([ACKNOWLEDGED]);
    }
  });

  it("are never swallowed by one that was cut short before them", () => {
    for (let cut = 1; cut < TARGET.length; cut++) {
      const { frames, skipped } = run(LD2450, [TARGET.subarray(0, cut), TARGET, new Uint8Array(30)]);
      expect(hexes(frames)).toEqual(hexes([TARGET]));
      expect(skipped).toBe(cut + 30);
    }
  });

  it("count as failed once when they began and have the wrong tail", () => {
    const broken = TARGET.with(29, 0);
    expect(run(LD2450, singly(glued(broken, TARGET)))).toMatchObject({
      names: ["report"],
      failed: 1,
      skipped: 30,
    });
  });

  it("may hold sync word and tail inside", () => {
    const odd = hex("aaff0300 aaff030055cc55cc 55ccaaff030055cc aaff0300aaff0300 55cc");
    expect(run(LD2450, [odd, TARGET]).frames).toEqual([odd, TARGET]);
  });

  it("may hold sync words inside: the check decides", () => {
    const odd = hex("5959 5959 5959 5959 c8");
    expect(run(TFMINI, singly(glued(odd, hex("59"), odd))).frames).toEqual([odd, odd]);
  });

  it.each([
    ["0", "00000000"],
    ["less than its header", "05000000"],
    ["one more than allowed", "41000000"],
    ["0xFFFFFFFF", "ffffffff"],
  ])("with a length of %s fail at once, and the one behind comes without delay", (_, length) => {
    const { frames, failed, skipped } = run(LONG, singly(glued(hex(`a55a ${length}`), LONG_FRAME)));
    expect(hexes(frames)).toEqual(hexes([LONG_FRAME]));
    expect({ failed, skipped }).toEqual({ failed: 1, skipped: 6 });
  });

  it("with a length that rubbish made up keep the next ones waiting, but lose none", () => {
    const lied = hex("a55a 40000000");
    const waiting = run(LONG, [lied, LONG_FRAME]);
    expect(waiting.frames).toEqual([]);
    expect(run(LONG, [repeated(LONG_FRAME, 50)], waiting.state).frames.length).toBe(6);
  });

  it("of kinds that begin alike are tried in their order, by what is whole", () => {
    const check = { algo: "crc8-07", from: 0, to: -1, at: -1 } as const;
    const people = { name: "people", sync: hex("5043"), size: 7, check };
    const swipe = { name: "swipe", sync: hex("5043"), size: 5, check };
    const framer = binaryFramer([people, swipe]);
    const short = hex("5043 0001 c0");
    expect(run(framer, [short]).frames).toEqual([]);
    expect(run(framer, [short, hex("0102")])).toMatchObject({ names: ["swipe"], failed: 0, skipped: 2 });
  });

  it("are copies: the chunk they came in may change afterwards", () => {
    const chunk = Buffer.from(glued(TARGET, TARGET.subarray(0, 10)));
    const pushed = LD2450.push(LD2450.start, chunk);
    chunk.fill(0);
    expect(pushed.frames[0]?.frame).toEqual(TARGET);
    expect(pushed.state.held).toEqual(TARGET.subarray(0, 10));
    expect(pushed.state.held.buffer.byteLength).toBe(10);
  });

  it("come out of 1 MB of sync bytes in linear time", () => {
    for (const [framer, sync] of [
      [LD2450, REPORT.sync],
      [LD2450, ACK.sync],
      [TFMINI, hex("59")],
      [LONG, hex("a55a 40000000")],
    ] as const) {
      const { mostHeld, skipped, frames } = run(framer, [repeated(sync, 1_000_000)]);
      expect(mostHeld).toBeLessThan(74);
      expect(skipped + frames.length * 9).toBeGreaterThan(999_900);
    }
  });
});

describe("a kind of frame that makes no sense", () => {
  const size = { at: 4, type: "u8", add: 0, min: 8, max: 64 } as const;
  const sync = hex("aa55");
  it.each<[string, Partial<BinaryFrameSpec>]>([
    ["begins with nothing", { sync: new Uint8Array(0) }],
    ["is shorter than its sync and tail", { size: 3, tail: hex("5566") }],
    ["could be longer than what may be held", { size: { ...size, max: 65 } }],
    ["has no length it could have", { size: { ...size, min: 65 } }],
    ["ends before its length", { size: { ...size, at: 8 } }],
    ["has a fraction for a length", { size: { ...size, type: "f32le" } }],
    ["has its check outside", { size: 8, check: { algo: "crc16-modbus", from: 0, to: 7, at: 7 } }],
  ])("is refused when it %s", (_, odd) => {
    expect(() => binaryFramer([{ name: "odd", sync, size, ...odd }], 64)).toThrow(AssertionError);
  });

  it("is not one at the limit", () => {
    expect(() => binaryFramer([{ name: "fine", sync, size }], 64)).not.toThrow();
  });
});

describeWithRecording("sensor-bytes", "worked frames of makers", () => {
  it("of the LD2450 come out whole, in any order", () => {
    const reports = ["one target (datasheet", "one target, Rd-03D", "static"].map((one) =>
      vector("ld2450", one),
    );
    const acks = ["ACK enable", "ACK firmware", "ACK MAC"].map((one) => vector("ld2450", one));
    const all = [...reports, ...acks, ...reports];
    const { frames, names, skipped } = run(LD2450, singly(glued(...all)));
    expect(hexes(frames)).toEqual(hexes(all));
    expect(names.filter((name) => name === "ack").length).toBe(3);
    expect(skipped).toBe(0);
  });

  it("of the LD6001A and of Terabee pass their checks, and fail with one bit wrong", () => {
    const people = vector("ld6001a", "simple");
    const reset = vector("terabee-evo", "reset");
    const framer = binaryFramer([
      {
        name: "people",
        sync: hex("55aa"),
        size: { at: 2, type: "u8", add: 0, min: 10, max: 10 },
        check: { algo: "xor8", from: 2, to: -1, at: -1 },
      },
      {
        name: "reset",
        sync: hex("0055"),
        size: 8,
        check: { algo: "crc8-07", from: 0, to: -1, at: -1 },
      },
    ]);
    expect(run(framer, [people, reset]).names).toEqual(["people", "reset"]);
    const bent = people.with(8, 1);
    expect(run(framer, [bent, reset.with(4, 1), people])).toMatchObject({ names: ["people"], failed: 2 });
  });
});
