import { describe, expect, it } from "vitest";
import { Bench, deviceEngine, hex, started, text } from "../../kit/devices.ts";

const REPORT = hex("aaff03000e03b186100040010000000000000000000000000000000055cc");
const ANSWER = hex("01030400100003bbf7");
const event = (data: object) => text(`\r${JSON.stringify({ type: 1, name: "INVOKE", code: 0, data })}\n`);
const EMPTY = event({ count: 1, boxes: [] });

describe("before the device works", () => {
  it("no reading is made: it may speak in other units, or of other things", () => {
    const silent = new Bench(deviceEngine("hilink-ld2450")).open().bytes(REPORT, REPORT);
    expect(silent.engine.condition).toBe("starting");
    expect(silent.readings).toEqual([]);
  });

  it("a refused command makes no reading either, and is tried again", () => {
    const bench = new Bench(deviceEngine("hilink-ld2450")).open(5000).bytes(REPORT);
    expect(bench.engine.condition).toBe("refused");
    expect(bench.readings).toEqual([]);
    // Leaving the configuration mode is sent although entering it failed.
    expect(bench.sent).toContain("fdfcfbfa0200fe0004030201");
    const before = bench.sent.length;
    bench.pass(120_000);
    expect(bench.sent.length).toBeGreaterThan(before);
  });

  it("silence starts it anew, and it counts again", () => {
    const bench = started("hilink-ld2450").bytes(REPORT);
    expect(bench.engine.condition).toBe("working");
    const sent = bench.sent.length;
    bench.pass(2000);
    expect(bench.engine.condition).toBe("silent");
    const readings = bench.readings.length;
    for (let tenth = 0; tenth < 30; tenth++) bench.pass(100).bytes(REPORT);
    expect(bench.sent.length).toBe(2 * sent);
    expect(bench.engine.condition).toBe("working");
    expect(bench.readings.length).toBeGreaterThan(readings + 20);
  });
});

describe("a radar of fixed frames", () => {
  it("is mirrored by a setting, left to right only", () => {
    const [, seen] = started("hilink-ld2450").bytes(REPORT).readings;
    const [, mirrored] = started("hilink-ld2450", { mirrorX: true }).bytes(REPORT).readings;
    expect(seen).toEqual({ type: "targets", targets: [{ x: -0.782, y: 1.713 }] });
    expect(mirrored).toEqual({ type: "targets", targets: [{ x: 0.782, y: 1.713 }] });
  });

  it("says that nobody is there, which is a number", () => {
    const nobody = hex(`aaff0300${"00".repeat(24)}55cc`);
    expect(started("hilink-ld2450").bytes(nobody).readings).toEqual([
      { type: "present", present: 0 },
      { type: "targets", targets: [] },
    ]);
  });

  it("is discarded whole when one number of it cannot be", () => {
    const far = REPORT.slice();
    far[7] = 0xff;
    const bench = started("hilink-ld2450").bytes(far);
    expect(bench.readings).toEqual([]);
    expect(bench.discarded).toEqual(["out_of_range"]);
  });
});

describe("a counter on a bus", () => {
  const counting = (device: (heard: Uint8Array) => Uint8Array | undefined, settings = { e831: false }) =>
    started("ebyte-e8xx-pulse", settings, device);
  const totals = (bench: Bench) => bench.readings.filter(({ type }) => type === "totals");

  it("is asked once every five seconds", () => {
    const bench = counting(() => ANSWER).pass(20_000);
    expect(bench.sent.length).toBe(5);
    expect(totals(bench).length).toBe(5);
  });

  it("is told to clear by hand only where it can be", () => {
    const clear = hex("010600550000999a").slice(0, 6);
    const device = (heard: Uint8Array) => (heard[1] === 6 ? heard : ANSWER);
    const one = counting(device, { e831: true });
    expect(one.sent[0]?.startsWith(Buffer.from(clear).toString("hex"))).toBe(true);
    // Without its answer the command goes through only for a device that repeats it.
    expect(totals(one.pass(5000)).length).toBeGreaterThan(0);
    expect(counting(device).sent.some((sent) => sent.startsWith("0106"))).toBe(false);
  });

  it("may echo what was said, answer in pieces, or speak out of turn", () => {
    const echoing = counting((heard) => Uint8Array.from([...heard, ...ANSWER]));
    expect(totals(echoing)).toEqual([{ type: "totals", in: 16, out: 3 }]);
    const pieces = counting(() => undefined);
    for (const byte of ANSWER) pieces.bytes(Uint8Array.of(byte));
    expect(totals(pieces)).toEqual([{ type: "totals", in: 16, out: 3 }]);
    pieces.bytes(ANSWER, ANSWER);
    expect(totals(pieces).length).toBe(1);
  });

  it("that echoes is not believed before the echo: a late answer is none", () => {
    let answers = 0;
    const late = hex("01030400000000fa33");
    const bench = counting((heard) => {
      answers++;
      return answers === 1 ? Uint8Array.from([...heard, ...ANSWER]) : Uint8Array.from([...late, ...heard]);
    });
    const read = totals(bench).length;
    expect(totals(bench.pass(5000)).length).toBe(read);
  });

  it("of another unit, or with a broken sum, says nothing", () => {
    const broken = ANSWER.slice();
    broken[4] = 0x11;
    const other = ANSWER.slice();
    other[0] = 2;
    const bench = counting(() => undefined).bytes(broken, other);
    expect(bench.readings).toEqual([]);
    expect(bench.discarded).toEqual(["not_parsable"]);
  });

  it("that refuses is refused, and one that is silent is silent", () => {
    const exception = hex("018302c0f1");
    expect(counting(() => exception).pass(60_000).engine.condition).toBe("refused");
    expect(counting(() => undefined).pass(60_000).engine.condition).toBe("silent");
  });

  it("reads two registers in the order of words that is set", () => {
    const swapped = hex("01030800020001000400039dd6");
    const read = (lowWordFirst: boolean) =>
      started("modbus-counter", { firstRegister: 100, lowWordFirst }, (heard) => {
        expect(Buffer.from(heard.subarray(0, 6)).toString("hex")).toBe("010300640004");
        return withCrc(swapped);
      }).readings[0];
    expect(read(true)).toEqual({ type: "totals", in: 0x10002, out: 0x30004 });
    expect(read(false)).toEqual({ type: "totals", in: 0x20001, out: 0x40003 });
  });

  it("of DCON is asked for both directions in turn, with a checksum where it is set", () => {
    const device = (heard: Uint8Array) => (heard[3] === 0x30 ? text(">00000007\r") : text(">FFFFFFFF\r"));
    const bench = started("icpdas-dcon-counter", { unit: 10 }, device).pass(0);
    expect(bench.sent.map((sent) => Buffer.from(sent, "hex").toString())).toEqual(["#0A0\r", "#0A1\r"]);
    expect(bench.readings).toEqual([
      { type: "totals", in: 7 },
      { type: "totals", out: 0xffff_ffff },
    ]);
    const summed = started("icpdas-dcon-counter", { checksum: true }, () => text(">0000001ED4\r"));
    expect(summed.sent.map((sent) => Buffer.from(sent, "hex").toString())[0]).toBe("#010B4\r");
    expect(summed.readings[0]).toEqual({ type: "totals", in: 30 });
    expect(started("icpdas-dcon-counter", { checksum: true }, () => text(">0000001ED5\r")).readings).toEqual(
      [],
    );
  });

  it("of JSON is known by its key, among lines about single objects", () => {
    const speed = '{"speed":0.58,"direction":"inbound","time":105,"tick":135}\r\n';
    const bench = started("omnipresense-ops243", {}, (heard) =>
      Buffer.from(heard).toString() === "N?"
        ? text(`${speed}{"DetectedObjectCount":3}\r\n${speed}`)
        : undefined,
    );
    expect(bench.readings[0]).toEqual({ type: "totals", in: 3 });
    expect(bench.readings.every(({ type }) => type === "totals")).toBe(true);
    expect(bench.sent.map((sent) => Buffer.from(sent, "hex").toString()).slice(0, 6)).toEqual([
      "OJ",
      "Or",
      "Of",
      "R+",
      "?P",
      "N?",
    ]);
  });
});

describe("what is forbidden", () => {
  const picture = event({ count: 1, boxes: [[1, 1, 1, 1, 99, 0]], image: "/9j/4AAQ" });

  it("is thrown away unread, and the alarm stands for a minute after the last of it", () => {
    const bench = started("sscma-camera").bytes(EMPTY, picture);
    expect(bench.readings).toEqual([{ type: "present", present: 0 }]);
    expect(bench.discarded).toEqual(["wrong_form"]);
    expect(bench.engine.condition).toBe("forbidden");
    bench.pass(9000).bytes(EMPTY).pass(9000).bytes(EMPTY);
    expect(bench.engine.condition).toBe("forbidden");
    for (let second = 0; second < 42; second += 6) bench.pass(6000).bytes(EMPTY);
    expect(bench.engine.condition).toBe("working");
    expect(bench.readings.length).toBeGreaterThan(5);
  });

  it("is seen by its length alone when it is too long to be read", () => {
    const bench = started("sscma-camera").bytes(EMPTY);
    const long = text(
      `\r{"type": 1, "name": "INVOKE", "code": 0, "data": {"image": "${"A".repeat(40_000)}"}}\n`,
    );
    for (let at = 0; at < long.length; at += 1000) bench.bytes(long.subarray(at, at + 1000));
    expect(bench.engine.condition).toBe("forbidden");
    expect(bench.discarded).toEqual(["too_long"]);
    expect(bench.bytes(EMPTY).readings.length).toBe(2);
  });

  it("keeps a device that sends nothing else from counting as alive: it is started anew", () => {
    const bench = started("sscma-camera").bytes(EMPTY);
    const sent = bench.sent.length;
    for (let second = 0; second < 30; second++) bench.pass(1000).bytes(picture);
    expect(bench.sent.length).toBeGreaterThan(sent);
    expect(bench.readings.length).toBe(1);
  });

  it("is nothing when its place is empty", () => {
    const bench = started("sscma-camera").bytes(
      event({ boxes: [], image: "" }),
      event({ boxes: [], image: null }),
    );
    expect(bench.engine.condition).toBe("working");
    expect(bench.readings.length).toBe(2);
  });
});

describe("a vehicle radar", () => {
  const frame = (change: Readonly<Record<number, number>> = {}) => {
    const bytes = hex("0299 32 2d 17 59 59 23 18 07 010203 e803 02 20 26 03");
    for (const [at, byte] of Object.entries(change)) bytes[Number(at)] = byte;
    return bytes;
  };

  it("counts by the direction bit", () => {
    const bench = started("icoms-tma-3b3").bytes(frame(), frame({ 8: 0x18 | 0x80 }));
    expect(bench.readings).toEqual([
      { type: "passages", in: 1, out: 0 },
      { type: "passages", in: 0, out: 1 },
    ]);
  });

  it("finds the frame that begins inside one which only seemed to be whole", () => {
    // Cut after four bytes; a 3 of the next frame then stands where the first one should end.
    const bench = started("icoms-tma-3b3").bytes(frame().subarray(0, 4), frame());
    expect(bench.readings).toEqual([{ type: "passages", in: 1, out: 0 }]);
    expect(bench.discarded).toEqual(["out_of_range"]);
  });

  it.each([
    ["a month of 13", { 9: 0x13 }],
    ["a digit above 9", { 6: 0x3a }],
    ["a day of 0", { 8: 0x80 }],
    ["an unknown kind", { 15: 4 }],
    ["another century", { 16: 0x19 }],
    ["25 o'clock", { 7: 0x25 }],
  ])("throws a frame away that says %s", (_, change) => {
    const bench = started("icoms-tma-3b3").bytes(frame(change));
    expect(bench.readings).toEqual([]);
    expect(bench.discarded).toEqual(["out_of_range"]);
  });
});

it("a door frame counter is counted by its totals, and its distances are only a sign of life", () => {
  const sealed = (bytes: Uint8Array) => Uint8Array.from([...bytes, crc8(bytes)]);
  const distances = sealed(hex("4444 0123 5043"));
  const counted = sealed(hex("5043 00000007 00000002 000b 0009"));
  const bench = started("terabee-people-counter").bytes(distances);
  expect(bench.engine.condition).toBe("working");
  expect(bench.bytes(counted, distances).readings).toEqual([{ type: "totals", in: 11, out: 9 }]);
});

function withCrc(answer: Uint8Array): Uint8Array {
  let crc = 0xffff;
  for (const byte of answer.subarray(0, -2)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return Uint8Array.from([...answer.subarray(0, -2), crc & 0xff, crc >> 8]);
}

function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 7) & 0xff : crc << 1;
  }
  return crc;
}
