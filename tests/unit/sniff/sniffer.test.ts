import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { earFor } from "../../../src/sniff/ear.ts";
import { expectedAnswer } from "../../../src/sniff/modbus-request.ts";
import { planOf } from "../../../src/sniff/plan.ts";
import { rounded, Sniffer } from "../../../src/sniff/sniffer.ts";
import { every, sensorOf, sniffed } from "../../kit/sniffing.ts";
import { SOUNDS } from "../../kit/sounds.ts";

const PORT = "port: /dev/ttyUSB0";
const RADAR = `profile: hilink-ld2450, ${PORT}, lines: [{ id: l, from: [-3, 2], to: [3, 2], in: left }]`;
const radar = sensorOf(RADAR);
const beam = sensorOf(`profile: benewake-tfmini, ${PORT}, nearerThanMetres: 3.2`);
const presence = sensorOf(`profile: dfrobot-c4001, ${PORT}`);
const doorFrame = sensorOf(`profile: terabee-people-counter, ${PORT}`);
const modbus = sensorOf(`profile: modbus-counter, ${PORT}, firstRegister: 0`);

/** What a device says in so many tenths of a second. */
const says = (id: string, steps = 100) =>
  Array.from({ length: steps }, (_, step) => SOUNDS[id]?.(step) ?? new Uint8Array());
const with_ = (frame: Uint8Array, at: number, byte: number) => Uint8Array.from(frame).fill(byte, at, at + 1);

describe("the frames of a line", () => {
  it("come in their beat, without a failure, and are told by what the profile says", () => {
    expect(sniffed(radar, every(100, says("hilink-ld2450")))).toEqual({
      seconds: 10,
      hears: "frames",
      timing: { since: "frame", least: 100, median: 100, most: 100 },
      errors: "none",
      failures: [],
      talk: null,
    });
    expect(planOf(radar)).toMatchObject({
      kinds: [{ name: "report", header: "AA FF 03 00", bytes: "30" }],
      nominalMs: 100,
    });
  });

  it("begin in the middle of one, which is no failure, however they are cut", () => {
    const stream = Buffer.concat(says("benewake-tfmini", 20));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 1, max: 64 }), (skip, size) => {
        const cut = stream.subarray(skip);
        const pieces = Array.from({ length: Math.ceil(cut.length / size) }, (_, at) =>
          cut.subarray(at * size, (at + 1) * size),
        );
        expect(sniffed(beam, every(10, pieces))).toMatchObject({
          hears: "frames",
          errors: "none",
          failures: [],
        });
      }),
    );
  });

  it("begin in the middle of one that holds the header inside", () => {
    const measure = [0x59, 0x59, 0x59, 0x59, 0x20, 3, 0x40, 8];
    const frame = Uint8Array.of(
      ...measure,
      measure.reduce((sum, byte) => (sum + byte) & 0xff, 0),
    );
    const pieces = [frame.subarray(2), ...Array.from({ length: 20 }, () => frame)];
    expect(sniffed(beam, every(10, pieces))).toMatchObject({ hears: "frames", errors: "none", failures: [] });
  });

  it("that fail are told with the byte, each kind once", () => {
    const frames = says("hilink-ld2450", 60).map((frame, at) => {
      if (at % 20 === 7) return with_(frame, 29, 0);
      return at === 30 ? frame.subarray(0, 12) : frame;
    });
    expect(sniffed(radar, every(100, frames))).toMatchObject({
      hears: "frames",
      errors: "some",
      failures: [
        { frame: "report", why: "tail", at: 28 },
        { frame: "report", why: "tail", at: 29 },
      ],
    });
    const measures = Array.from({ length: 50 }, (_, at) => {
      const frame = (SOUNDS["benewake-tfmini"]?.(0) ?? new Uint8Array()).subarray(0, 9);
      return at % 5 === 1 ? with_(frame, 4, 0xee) : frame;
    });
    expect(sniffed(beam, every(10, measures))).toMatchObject({
      errors: "many",
      failures: [{ frame: "measure", why: "check", at: 8 }],
    });
  });

  it.each([
    ["sends: [present]", '{"present":3}'],
    ["sends: [present], classes: [person, bicycle, other]", '{"present":{"person":3,"bicycle":1,"dog":1}}'],
    [
      "sends: [tracks], lines: [{ id: l, from: [-3, 2], to: [3, 2], in: left }]",
      '{"tracks":[{"id":1,"x":1,"y":2}]}',
    ],
  ])("are the lines of a script: %s", (yaml, line) => {
    const script = sensorOf(`profile: generic-jsonl, ${PORT}, ${yaml}`);
    const told = sniffed(
      script,
      every(
        100,
        Array.from({ length: 20 }, () => Buffer.from(`${line}\n`)),
      ),
    );
    expect(told).toMatchObject({ hears: "frames", timing: { median: 100 }, errors: "none" });
  });

  it("of text that are cut short or too long have no place", () => {
    const cut = Buffer.from("$DFDMD,1,1,2.5,0.1,8\r\n");
    const long = Buffer.from(`$${"x".repeat(120)}*\r\n`);
    const line = every(100, [...says("dfrobot-c4001", 50), cut, long, ...says("dfrobot-c4001", 50)]);
    expect(sniffed(presence, line)).toMatchObject({
      errors: "some",
      failures: [
        { frame: "sentence", why: "cut", at: null },
        { frame: "sentence", why: "too_long", at: null },
      ],
    });
  });

  it("that come in pairs, as an adapter hands them over, were not sent together", () => {
    const frames = says("hilink-ld2450", 40);
    const pairs = frames.flatMap((frame, at) =>
      at % 2 ? [Buffer.concat([frame, frames[at - 1] ?? frame])] : [],
    );
    expect(sniffed(radar, every(200, pairs)).timing).toEqual({
      since: "frame",
      least: 100,
      median: 100,
      most: 100,
    });
  });
});

describe("a line without its frames", () => {
  it("is silent, or rubbish; the profile's header in rubbish by chance is no finding", () => {
    const none = { timing: null, errors: null, failures: [] };
    expect(sniffed(radar, [])).toMatchObject({ hears: "nothing", ...none });
    const rubbish = Array.from({ length: 30 }, (_, at) => Uint8Array.of(0, 0xff, 0x80, at, 0x59, 0x59, 1));
    expect(sniffed(radar, every(100, rubbish))).toMatchObject({ hears: "rubbish", ...none });
    expect(sniffed(beam, every(300, rubbish.slice(0, 5)))).toMatchObject({ hears: "rubbish", ...none });
  });

  it("whose frames all fail alike says where: another firmware, or a bit that is always wrong", () => {
    const wrong = says("hilink-ld2450").map((frame) => with_(frame, 28, 0x54));
    expect(sniffed(radar, every(100, wrong))).toMatchObject({
      hears: "rubbish",
      errors: null,
      failures: [{ frame: "report", why: "tail", at: 28 }],
    });
  });

  it("does not grow with a flood", () => {
    const plan = planOf(beam);
    if (!plan) throw new Error("no plan");
    const sniffer = new Sniffer(plan, earFor(beam));
    const flood = new Uint8Array(64 * 1024).fill(0x59);
    for (let at = 0; at < 20; at++) sniffer.bytes(flood, at);
    expect(sniffer.findings(1).failures).toHaveLength(1);
  });
});

describe("what follows people", () => {
  it("is told of no sensor whose frames may be passages, and of none on GPIO lines", () => {
    const silent = [
      `profile: icoms-tma-3b3, ${PORT}`,
      "profile: gpio-pulse, gpio: { chip: pinctrl-rp1, line: 17 }",
      `profile: generic-jsonl, ${PORT}`,
      `profile: generic-jsonl, ${PORT}, sends: [passages], liveness: frames`,
      `profile: generic-csv, ${PORT}, sends: [tracks], columns: [id, x, y], liveness: frames, lines: [{ id: l, from: [-3, 2], to: [3, 2], in: left }]`,
    ];
    expect(silent.map((yaml) => planOf(sensorOf(yaml)))).toEqual(silent.map(() => null));
  });

  it("stays out where such frames come between others, whole or damaged", () => {
    const distances = says("terabee-people-counter").map((frame) => frame.subarray(0, 7));
    const passing = says("terabee-people-counter", 4)[3]?.subarray(7) ?? new Uint8Array();
    const crowd = distances.flatMap((frame, at) => {
      const bad = with_(passing, 9, at);
      return at === 0 ? [frame] : [Buffer.concat([frame, passing, bad])];
    });
    expect(sniffed(doorFrame, every(100, crowd))).toEqual(sniffed(doorFrame, every(100, distances)));
    // Also where nothing but passages comes.
    const only = sniffed(doorFrame, every(100, [passing, passing]));
    expect(only).toEqual(sniffed(doorFrame, []));
  });

  it("is not in the time that longer frames take on a slow line", () => {
    const took = (bytes: number) => (bytes * 10_000) / 9600;
    const line = (sentence: string) =>
      Array.from({ length: 100 }, (_, at) => {
        // Somebody comes and goes, if anybody does.
        const text = at % 7 < 3 ? sentence : "$DFDMD,0, , , , , *\r\n";
        return { atMs: at * 100 + took(text.length), bytes: Buffer.from(text) };
      });
    const crowd = sniffed(presence, line("$DFDMD,1,1,12.47,43.43,42420, , *\r\n"));
    expect(crowd).toEqual(sniffed(presence, line("$DFDMD,0, , , , , *\r\n")));
    expect(crowd).toMatchObject({ errors: "none", timing: { median: 100 } });
  });

  it("keeps failures of a script untold that sends passages too", () => {
    const mixed = sensorOf(`profile: generic-jsonl, ${PORT}, sends: [passages, present], liveness: frames`);
    const beat = every(
      1000,
      Array.from({ length: 10 }, () => Buffer.from('{"present":3}\n')),
    );
    const passages = [{ atMs: 9_500, bytes: Buffer.from('{"in":1}\n{"in":\n') }];
    expect(sniffed(mixed, [...beat, ...passages])).toEqual(sniffed(mixed, beat));
    expect(sniffed(mixed, beat)).toMatchObject({ hears: "frames", errors: null });
    expect(sniffed(mixed, passages)).toEqual(sniffed(mixed, []));
  });
});

describe("a device that is asked", () => {
  const request = Uint8Array.of(1, 3, 0, 0, 0, 4, 0x44, 0x09);
  const answer = Uint8Array.of(1, 3, 8, 0, 0, 0, 7, 0, 0, 0, 9, 0x25, 0x10);
  const good = Uint8Array.of(...answer.subarray(0, 11), ...crc(answer.subarray(0, 11)));
  const tallies = { timeouts: 0, exceptions: 0, late: 0, echoes: 0, restarts: 0 };
  const talks = (answers: readonly Uint8Array[], after = tallies) => {
    const plan = planOf(modbus);
    if (!plan) throw new Error("no plan");
    const sniffer = new Sniffer(plan, earFor(modbus));
    for (const [at, bytes] of answers.entries()) {
      sniffer.sent(request, at * 5000);
      sniffer.bytes(bytes, at * 5000 + 20);
    }
    return sniffer.findings(10, { before: tallies, after });
  };

  it("is heard by its answers, in the time they take", () => {
    expect(talks([good, good])).toMatchObject({
      hears: "frames",
      timing: { since: "question", least: 20, median: 20, most: 20 },
      errors: "none",
      talk: { asked: 2, timeouts: 0 },
    });
  });

  it("fails by its check value, is rubbish, silent, or was not asked", () => {
    const bad = with_(good, 12, 0);
    expect(talks([good, bad])).toMatchObject({
      errors: "many",
      failures: [{ frame: "answer", why: "check", at: null }],
    });
    const rubbish = Uint8Array.of(0, 0xff, 0xfe);
    expect(talks([rubbish, rubbish])).toMatchObject({ hears: "rubbish" });
    expect(talks([new Uint8Array()], { ...tallies, timeouts: 1 })).toMatchObject({ hears: "nothing" });
    expect(talks([])).toMatchObject({ hears: "not asked" });
  });

  it("is known by the question that was sent", () => {
    expect(expectedAnswer(request)).toMatchObject({ unit: 1, fc: 3, bytes: 13 });
    expect(expectedAnswer(Uint8Array.of(9, 1, 0, 0, 0, 9, 0, 0))).toMatchObject({ unit: 9, bytes: 7 });
    expect(expectedAnswer(Uint8Array.of(9, 6, 0, 0, 0, 9, 0, 0))).toMatchObject({ bytes: 8 });
    expect(expectedAnswer(Uint8Array.of(9, 6))).toBeNull();
  });
});

it.each([
  [0.4, 0],
  [1.2, 1],
  [55, 50],
  [70, 50],
  [72, 100],
  [99, 100],
  [140, 100],
  [160, 200],
  [900, 1000],
  [5000, 5000],
])("rounds %d ms to %d", (ms, to) => {
  expect(rounded(ms)).toBe(to);
});

function crc(bytes: Uint8Array): number[] {
  let value = 0xffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >> 1) ^ 0xa001 : value >> 1;
  }
  return [value & 0xff, value >> 8];
}
