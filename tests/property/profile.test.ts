import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { problemLine } from "../../src/config/parse.ts";
import { parseProfile } from "../../src/config/profile.ts";
import { DISCARDS } from "../../src/sense/sensor/decoder.ts";
import { type Bench, deviceFile, deviceFolders, hex, started, text } from "../kit/devices.ts";

interface Subject {
  readonly id: string;
  readonly settings?: Record<string, unknown>;
  /** Good bytes that give a reading each, without being asked. */
  readonly good: readonly Uint8Array[];
  /** Pieces of frames, to reach deeper than random bytes do. */
  readonly pieces: readonly Uint8Array[];
  /** The frame that began before may still need so much to be found broken. */
  readonly flush: Uint8Array;
}

const REPORT = hex("aaff03000e03b186100040010000000000000000000000000000000055cc");
const PASSAGE = hex("0299322d1759592318070102 03e803 02202603");
const event = (boxes: string) =>
  text(`\r{"type": 1, "name": "INVOKE", "code": 0, "data": {"boxes": ${boxes}}}\n`);

const SUBJECTS: readonly Subject[] = [
  {
    id: "hilink-ld2450",
    good: [REPORT, hex("aaff03000080dc85008050000000000000000000000000000000000055cc")],
    pieces: [
      hex("aaff0300"),
      hex("55cc"),
      hex("fdfcfbfa"),
      hex("fdfcfbfaffff"),
      hex("04030201"),
      REPORT.slice(0, 17),
    ],
    flush: new Uint8Array(80),
  },
  {
    id: "icoms-tma-3b3",
    good: [PASSAGE],
    pieces: [hex("0299"), hex("02"), hex("03"), PASSAGE.slice(0, 9)],
    flush: new Uint8Array(40),
  },
  {
    id: "dfrobot-c4001",
    good: [text("$DFDMD,1,1,1.817,0.129,15304, , *\r\n"), text("$DFHPD,0, , , *\r\n")],
    pieces: [text("$"), text("$DFDMD,1,0,3.2"), text("*"), text(",".repeat(200)), text("\r\n"), text("Done")],
    flush: text("\r\n"),
  },
  {
    id: "sscma-camera",
    good: [event("[]"), event("[[87,83,77,65,70,0]]")],
    pieces: [
      text('{"type": 1, "name": "INVOKE", "code": 0, "data": '),
      text('"boxes": [[1,2,3'),
      text('{"__proto__":'),
      text("[".repeat(40)),
      text('"\\"'),
      text("}}"),
      text("1e999"),
      text("\n"),
      text("\r"),
    ],
    flush: text("\n"),
  },
  {
    id: "terabee-people-counter",
    good: [sealed("50430000000700000002000b0009")],
    pieces: [text("PC"), text("DD"), sealed("444401235043"), text("P")],
    flush: new Uint8Array(40),
  },
];

function sealed(frame: string): Uint8Array {
  let crc = 0;
  for (const byte of hex(frame)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 7) & 0xff : crc << 1;
  }
  return Uint8Array.from([...hex(frame), crc]);
}

/** Working, so that every good frame counts: the first ones are the sign of life. */
function working({ id, settings, good }: Subject): Bench {
  const bench = started(id, settings).bytes(...good);
  bench.readings.length = 0;
  bench.discarded.length = 0;
  return bench;
}

const rubbish = ({ pieces, good }: Subject) =>
  fc
    .array(
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...pieces) },
        { weight: 2, arbitrary: fc.constantFrom(...good) },
        fc.uint8Array({ maxLength: 40 }),
      ),
      { maxLength: 25 },
    )
    .map((parts) => new Uint8Array(Buffer.concat(parts)));

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort(
    (one, other) => one - other,
  );
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

const said = ({ readings, discarded, engine }: Bench) => ({
  readings,
  discarded: [...discarded].sort(),
  condition: engine.condition,
});

describe.each(SUBJECTS)("bytes of $id", (subject) => {
  it("give the same in any chunks", () => {
    fc.assert(
      fc.property(rubbish(subject), fc.array(fc.nat(), { maxLength: 40 }), (bytes, places) => {
        const whole = said(working(subject).bytes(bytes));
        expect(said(working(subject).bytes(...cut(bytes, places)))).toEqual(whole);
        const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
        expect(said(working(subject).bytes(...single))).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  it("never make it throw, and it says only what it may", () => {
    fc.assert(
      fc.property(fc.array(rubbish(subject), { maxLength: 4 }), fc.nat(100_000), (chunks, forMs) => {
        const bench = working(subject)
          .bytes(...chunks)
          .pass(forMs)
          .bytes(...chunks);
        expect(bench.discarded.every((one) => DISCARDS.includes(one))).toBe(true);
        expect(bench.readings.flatMap(numbersOf).every(Number.isFinite)).toBe(true);
        const types = new Set(bench.readings.map(({ type }) => type));
        expect(
          [...types].filter((type) => !["passages", "totals", "present", "targets"].includes(type)),
        ).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it("are read again behind any rubbish", () => {
    fc.assert(
      fc.property(rubbish(subject), fc.constantFrom(...subject.good), (bytes, good) => {
        const expected = working(subject).bytes(good).readings;
        expect(expected.length).toBeGreaterThan(0);
        const bench = working(subject).bytes(bytes, subject.flush);
        const before = bench.readings.length;
        expect(bench.bytes(good).readings.slice(before)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it("cut short never swallow the good frame behind them", () => {
    fc.assert(
      fc.property(fc.constantFrom(...subject.good), fc.nat(), (good, place) => {
        const expected = working(subject).bytes(good).readings;
        const part = good.subarray(0, 1 + (place % (good.length - 1)));
        const bench = working(subject).bytes(part, good, subject.flush);
        expect(bench.readings.slice(-expected.length)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

function numbersOf(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersOf) : [];
}

describe("the text of a profile", () => {
  const texts = deviceFolders.map((id) => deviceFile(id));

  it("with anything changed in it is a profile or a list of places, never a crash", () => {
    const edit = fc.record({ at: fc.nat(), remove: fc.nat(30), put: fc.string({ maxLength: 12 }) });
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        (text, edits) => {
          const changed = edits.reduce((now, { at, remove, put }) => {
            const place = at % (now.length + 1);
            return now.slice(0, place) + put + now.slice(place + remove);
          }, text);
          const parsed = parseProfile(changed);
          if (parsed.ok) return;
          const lines = changed.split(/\r\n|\n|\r/).length;
          expect(parsed.problems.length).toBeGreaterThan(0);
          for (const problem of parsed.problems) {
            expect(problem.line).toBeGreaterThanOrEqual(1);
            expect(problem.line).toBeLessThanOrEqual(lines + 1);
            expect(problemLine("p", problem)).toMatch(/^p:\d+:\d+/);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
