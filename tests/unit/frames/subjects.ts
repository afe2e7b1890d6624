import fc from "fast-check";
import { binaryFramer } from "../../../src/sense/sensor/frames/binary.ts";
import { dconFramer } from "../../../src/sense/sensor/frames/dcon.ts";
import type { Framer, Holding } from "../../../src/sense/sensor/frames/framer.ts";
import { jsonStreamFramer } from "../../../src/sense/sensor/frames/json-stream.ts";
import { lineFramer } from "../../../src/sense/sensor/frames/line.ts";
import { modbusFramer } from "../../../src/sense/sensor/frames/modbus.ts";
import { glued, hex, type Run, run, text } from "./kit.ts";

/** A good frame. */
interface Good {
  /** Its bytes on the wire. */
  readonly wire: Uint8Array;
  /** What must come of them. */
  readonly frame: Uint8Array;
}

/** A framer whose properties are tested. */
export interface Subject {
  readonly title: string;
  readonly cut: (chunks: readonly Uint8Array[]) => Run<Holding>;
  readonly good: fc.Arbitrary<Good>;
  /** Pieces that rubbish is made of, to reach deeper than random bytes do. */
  readonly words: readonly Uint8Array[];
  /** The most bytes it may hold. */
  readonly most: number;
  /** Bytes that make it give up whatever it waits for. */
  readonly flush: Uint8Array;
  /** True when a frame that rubbish happens to spell begins at this place, judged without the framer. */
  readonly spelt: (bytes: Uint8Array, at: number) => boolean;
  /** There is one frame to a request: of several good ones only the first comes. */
  readonly once: boolean;
}

function cutter<State extends Holding>(framer: Framer<State>, from: State = framer.start): Subject["cut"] {
  return (chunks) => run(framer, chunks, from);
}

/** Bit by bit, as in Modbus over Serial Line V1.02, 6.2.2. */
function crcOf(bytes: Uint8Array): Uint8Array {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return Uint8Array.of(crc & 0xff, crc >> 8);
}

const has = (bytes: Uint8Array, at: number, what: Uint8Array) =>
  Buffer.from(bytes.subarray(at, at + what.length)).equals(what);
const asIs = (wire: Uint8Array): Good => ({ wire, frame: wire });
const bytesWithout = (least: number, most: number, odd: string) =>
  fc
    .uint8Array({ minLength: least, maxLength: most })
    .map((all) => all.filter((one) => !text(odd).includes(one)));
/** Text frames begin anew at each start, so nothing before one can take its bytes. */
const never = () => false;

const SYNC = hex("a55a");
const CHECKED: Subject = {
  title: "a length and a CRC",
  cut: cutter(
    binaryFramer([
      {
        name: "checked",
        sync: SYNC,
        size: { at: 2, type: "u8", add: 5, min: 5, max: 64 },
        check: { algo: "crc16-modbus", from: 0, to: -2, at: -2 },
      },
    ]),
  ),
  good: fc.uint8Array({ maxLength: 59 }).map((payload) => {
    const body = glued(SYNC, Uint8Array.of(payload.length), payload);
    return asIs(glued(body, crcOf(body)));
  }),
  words: ["a55a", "a5", "a55a00", "a55a3b", "a55aff", "a55a05a55a"].map(hex),
  most: 63,
  flush: new Uint8Array(64),
  spelt: (bytes, at) => {
    const end = at + (bytes[at + 2] ?? 255) + 5;
    if (!has(bytes, at, SYNC) || end - at > 64 || end > bytes.length) return false;
    return has(bytes, end - 2, crcOf(bytes.subarray(at, end - 2)));
  },
  once: false,
};

const HEAD = hex("aaff0300");
const TAIL = hex("55cc");
const TAILED: Subject = {
  title: "lengths and tails",
  cut: cutter(
    binaryFramer([
      { name: "report", sync: HEAD, size: 14, tail: TAIL },
      {
        name: "ack",
        sync: hex("fdfc"),
        size: { at: 2, type: "u16le", add: 6, min: 8, max: 40 },
        tail: hex("0403"),
      },
    ]),
  ),
  good: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((payload) => asIs(glued(HEAD, payload, TAIL))),
  words: ["aaff0300", "55cc", "aaff", "fdfc", "fdfc0a00", "fdfcffff", "fdfc2200", "0403"].map(hex),
  most: 39,
  flush: new Uint8Array(40),
  spelt: (bytes, at) => {
    if (has(bytes, at, HEAD)) return has(bytes, at + 12, TAIL);
    const size = (bytes[at + 2] ?? 0) + (bytes[at + 3] ?? 0) * 256 + 6;
    return has(bytes, at, hex("fdfc")) && size >= 8 && size <= 40 && has(bytes, at + size - 2, hex("0403"));
  },
  once: false,
};

const SENTENCES: Subject = {
  title: "sentences with a start and an end",
  cut: cutter(lineFramer({ name: "nmea", start: "$", end: "*", max: 24, restartOnStart: true })),
  good: bytesWithout(0, 23, "$*\r\n").map((body) => ({
    wire: glued(text("$"), body, text("*")),
    frame: glued(text("$"), body),
  })),
  words: ["$", "*", "$$", "\r\n", "$DFHPD,", "x".repeat(30)].map(text),
  most: 24,
  flush: text("\n"),
  spelt: never,
  once: false,
};

const LINES: Subject = {
  title: "plain lines",
  cut: cutter(lineFramer({ name: "line", max: 24 })),
  good: bytesWithout(1, 24, "\r\n")
    .filter((body) => body.length > 0)
    .map((frame) => ({ wire: glued(text("\n"), frame, text("\r\n")), frame })),
  words: ["\r", "\n", "\r\n", "in,out", "x".repeat(24), "x".repeat(25)].map(text),
  most: 24,
  flush: text("\n"),
  spelt: never,
  once: false,
};

const OBJECTS: Subject = {
  title: "JSON objects among other lines",
  cut: cutter(jsonStreamFramer({ name: "event", max: 64 })),
  good: fc
    .record({
      type: fc.nat(9),
      data: fc.array(fc.constantFrom("{", "}", '"', "\\", "[", "a"), { maxLength: 6 }),
    })
    .map((event) => text(JSON.stringify(event)))
    .map((frame) => ({ wire: glued(text("\r"), frame, text("\n")), frame })),
  words: ["\r", "\n", "{", "}", "\r{", '"', "\\", '{"a":', "[", "{}", "boot ", "x".repeat(70)].map(text),
  most: 64,
  flush: text("\n"),
  spelt: never,
  once: false,
};

const COUNTERS: Subject = {
  title: "DCON answers",
  cut: cutter(dconFramer()),
  good: fc
    .nat()
    .map((count) => text(`>${count.toString(16).toUpperCase().padStart(8, "0")}`))
    .map((frame) => ({ wire: glued(frame, text("\r")), frame })),
  words: [">", "\r", "#010\r", "#01", "?01\r", "!", "0000", ">0000", "\n", "0".repeat(90)].map(text),
  most: 80,
  flush: text("\r"),
  spelt: never,
  once: false,
};

const MODBUS = modbusFramer();
const REGISTERS: Subject = {
  title: "the Modbus answer that is expected",
  cut: cutter(
    MODBUS,
    MODBUS.expect(MODBUS.start, { unit: 1, fc: 3, bytes: 9, request: hex("010300300002c404") }),
  ),
  good: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((registers) => {
    const body = glued(hex("010304"), registers);
    return asIs(glued(body, crcOf(body)));
  }),
  words: ["01", "0103", "010304", "0103fa", "010300300002c404", "0183", "010304001000", "02030400100003"].map(
    hex,
  ),
  most: 8,
  flush: new Uint8Array(0),
  spelt: (bytes, at) => {
    const size = has(bytes, at, hex("010304")) ? 9 : has(bytes, at, hex("0183")) ? 5 : 0;
    return size > 0 && has(bytes, at + size - 2, crcOf(bytes.subarray(at, at + size - 2)));
  },
  once: true,
};

export const SUBJECTS: readonly Subject[] = [CHECKED, TAILED, SENTENCES, LINES, OBJECTS, COUNTERS, REGISTERS];
