import { describe, expect, it } from "vitest";
import {
  type ExpectedAnswer,
  MODBUS_EXCEPTION,
  modbusFramer,
} from "../../../src/sense/sensor/frames/modbus.ts";
import { describeWithRecording } from "../../kit/shared-data.ts";
import { glued, hex, hexes, repeated, run, singly, vector } from "./kit.ts";

/** Ebyte E831/E851: two pulse counters of unit 1. */
const ASK = hex("01 03 0030 0002 c404");
const ANSWER = hex("01 03 04 0010 0003 bbf7");
const CLEAR = hex("01 06 0040 000a 0819");
const REFUSAL = hex("01 83 02 c0f1");
const READ: ExpectedAnswer = { unit: 1, fc: 3, bytes: 9, request: ASK };
const WRITE: ExpectedAnswer = { unit: 1, fc: 6, bytes: 8, request: CLEAR };

const framer = modbusFramer("counters");
const waiting = (answer: ExpectedAnswer, state = framer.start) => framer.expect(state, answer);
/** The line is known to echo, because a read came back before its answer. */
const echoing = run(framer, [ASK, ANSWER], waiting(READ)).state;

describe("a Modbus answer", () => {
  it("is known by unit, function, length and CRC, in any pieces", () => {
    for (const chunks of [[ANSWER], singly(ANSWER), [ANSWER.subarray(0, 3), ANSWER.subarray(3)]]) {
      const { frames, names, skipped } = run(framer, chunks, waiting(READ));
      expect(frames).toEqual([ANSWER]);
      expect({ names, skipped }).toEqual({ names: ["counters"], skipped: 0 });
    }
  });

  it("is found behind rubbish and behind the beginning of another one, at its last byte", () => {
    for (const before of ["ff00ff00", "01", "0103", "010304", "0103fa", "0103040010", "010304001000"]) {
      const { frames, skipped } = run(framer, singly(glued(hex(before), ANSWER)), waiting(READ));
      expect(hexes(frames)).toEqual(hexes([ANSWER]));
      expect(skipped).toBe(before.length / 2);
    }
  });

  it("comes once: what else the line brings is thrown away", () => {
    const { frames, skipped, state } = run(framer, [glued(ANSWER, ANSWER), ANSWER], waiting(READ));
    expect(frames.length).toBe(1);
    expect(skipped).toBe(18);
    expect(state.held.length).toBe(0);
  });

  it("comes never when nothing was asked", () => {
    expect(run(framer, [ANSWER, ASK, REFUSAL])).toMatchObject({ frames: [], skipped: 22, failed: 0 });
    const givenUp = framer.expect(waiting(READ), null);
    expect(run(framer, [ANSWER], givenUp).frames).toEqual([]);
  });

  it.each([
    ["of another unit", "02 03 04 0010 0003 88f7"],
    ["to another function", "01 04 04 0010 0003 ba40"],
    ["with another byte count and a right CRC", "01 03 02 0010 b988"],
    ["with no data and a right CRC", "01 03 00 20f0"],
  ])("%s is none", (_, other) => {
    const { frames, failed } = run(framer, [hex(other), ANSWER], waiting(READ));
    expect(hexes(frames)).toEqual(hexes([ANSWER]));
    expect(failed).toBe(0);
  });

  it("with a wrong CRC counts as failed, and a good one behind it is found", () => {
    const bent = ANSWER.with(4, 0x11);
    expect(run(framer, [bent, ANSWER], waiting(READ))).toMatchObject({
      names: ["counters"],
      failed: 1,
      skipped: 9,
    });
  });

  it("that began before the request was sent belongs to an earlier one", () => {
    const late = run(framer, [ANSWER.subarray(0, 6)], waiting(READ));
    const { frames, skipped } = run(framer, [ANSWER.subarray(6), ANSWER], waiting(READ, late.state));
    expect(frames.length).toBe(1);
    expect(skipped).toBe(3 + 6);
  });

  it("that is late and has another shape is not taken for the next one", () => {
    const one: ExpectedAnswer = { unit: 1, fc: 3, bytes: 7 };
    const short = hex("01 03 02 0010 b988");
    expect(run(framer, [ANSWER, short], waiting(one, waiting(READ))).frames).toEqual([short]);
  });

  it("may be the longest there is", () => {
    const data = new Uint8Array(250).fill(0x01);
    const body = glued(hex("01 03 fa"), data);
    let crc = 0xffff;
    for (const byte of body) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
    }
    const long = glued(body, Uint8Array.of(crc & 0xff, crc >> 8));
    const { frames, mostHeld } = run(
      framer,
      singly(glued(ANSWER, long)),
      waiting({ unit: 1, fc: 3, bytes: 255 }),
    );
    expect(hexes(frames)).toEqual(hexes([long]));
    expect(mostHeld).toBeLessThan(255);
  });

  it("comes behind 1 MB of its own beginning in linear time, bounded", () => {
    const { frames, mostHeld } = run(framer, [repeated(hex("010304"), 1_000_000), ANSWER], waiting(READ));
    expect(hexes(frames)).toEqual(hexes([ANSWER]));
    expect(mostHeld).toBeLessThan(9);
  });
});

describe("a refusal", () => {
  it("answers the request under its own name", () => {
    const { frames, names } = run(framer, singly(REFUSAL), waiting(READ));
    expect(frames).toEqual([REFUSAL]);
    expect(names).toEqual([MODBUS_EXCEPTION]);
  });

  it("of another unit or function, or with a wrong CRC, is none", () => {
    expect(run(framer, [REFUSAL], waiting({ ...READ, unit: 2 })).frames).toEqual([]);
    expect(run(framer, [REFUSAL], waiting({ ...READ, fc: 4 })).frames).toEqual([]);
    expect(run(framer, [REFUSAL.with(2, 3)], waiting(READ)).frames).toEqual([]);
  });
});

describe("the echo of the own request on RS-485", () => {
  it("is put aside, with the answer in the same chunk or byte by byte", () => {
    const both = glued(hex("00"), ASK, ANSWER);
    for (const chunks of [[both], singly(both)]) {
      const { frames, aside, skipped, state } = run(framer, chunks, waiting(READ));
      expect(frames).toEqual([ANSWER]);
      expect({ aside, skipped, echoes: state.echoes }).toEqual({ aside: 8, skipped: 1, echoes: true });
    }
  });

  it("is not the answer to a write, once a read has shown that the line echoes", () => {
    expect(run(framer, [CLEAR], waiting(WRITE, echoing))).toMatchObject({ frames: [], aside: 8 });
    const { frames, aside } = run(framer, [CLEAR, CLEAR], waiting(WRITE, echoing));
    expect(frames).toEqual([CLEAR]);
    expect(aside).toBe(8);
  });

  it("is remembered while nothing is asked", () => {
    const idle = framer.expect(framer.expect(echoing, null), null);
    expect(run(framer, [CLEAR], waiting(WRITE, idle))).toMatchObject({ frames: [], aside: 8 });
  });

  it("does not hide a refused write", () => {
    const refused = hex("01 86 02 c3a1");
    const { names } = run(framer, [CLEAR, refused], waiting(WRITE, echoing));
    expect(names).toEqual([MODBUS_EXCEPTION]);
  });

  it("is the answer to a write on a line that never echoed", () => {
    expect(run(framer, [CLEAR], waiting(WRITE)).frames).toEqual([CLEAR]);
    const quiet = run(framer, [ANSWER], waiting(READ)).state;
    expect(run(framer, [CLEAR], waiting(WRITE, quiet)).frames).toEqual([CLEAR]);
  });

  it("marks where late answers end, on a line that is known to echo", () => {
    const late = hex("01 03 04 0011 0003 ea37");
    const { frames } = run(framer, [late, ASK, ANSWER], waiting(READ, echoing));
    expect(hexes(frames)).toEqual(hexes([ANSWER]));
  });

  it("that stays away costs one answer, and is then no longer waited for", () => {
    const missed = run(framer, [ANSWER], waiting(READ, echoing));
    expect(missed.frames).toEqual([]);
    expect(run(framer, [ANSWER], waiting(READ, missed.state)).frames).toEqual([ANSWER]);
  });
});

describe("a write", () => {
  it("is confirmed only by the same address and value", () => {
    const other = hex("01 06 0040 000b c9d9");
    expect(run(framer, [other, CLEAR], waiting(WRITE)).frames).toEqual([CLEAR]);
    expect(run(framer, [other], waiting({ unit: 1, fc: 6, bytes: 8 })).frames).toEqual([other]);
  });

  it("of several registers is confirmed by address and quantity, behind a longer echo", () => {
    const request = hex("01 10 0053 0001 02 0000 aa 33");
    const confirmed = hex("01 10 0053 0001 f1d8");
    const write: ExpectedAnswer = { unit: 1, fc: 16, bytes: 8, request };
    const { frames, aside } = run(framer, singly(glued(request, confirmed)), waiting(write));
    expect(hexes(frames)).toEqual(hexes([confirmed]));
    expect(aside).toBe(11);
  });
});

describeWithRecording("sensor-bytes", "worked frames of Ebyte's manual", () => {
  it("are echo and answer, of a read and of a write", () => {
    const ask = vector("modbus-ebyte", "read DI1,DI2 pulse counts: request");
    const answer = vector("modbus-ebyte", "read DI1,DI2 pulse counts: answer");
    const clear = vector("modbus-ebyte", "clear");
    expect(run(framer, [ask, answer], waiting({ ...READ, request: ask }))).toMatchObject({
      frames: [answer],
      aside: 8,
    });
    expect(run(framer, [clear], waiting({ ...WRITE, request: clear })).frames).toEqual([clear]);
  });
});
