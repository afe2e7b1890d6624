import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { forms } from "../../src/config/schema.ts";
import type { Decoder } from "../../src/sense/sensor/decoder.ts";
import * as csv from "../../src/sense/sensor/generic-csv.ts";
import * as jsonl from "../../src/sense/sensor/generic-jsonl.ts";
import { type LineState, MAX_LINE_BYTES } from "../../src/sense/sensor/lines.ts";

interface Subject<State> {
  readonly name: string;
  readonly decoder: Decoder<State>;
  readonly lines: (state: State) => LineState;
  /** Pieces of real lines, to reach deeper than random bytes do. */
  readonly words: readonly string[];
  readonly good: string;
  /** What the good line says. */
  readonly reading: object;
}

const CLASSED_LINES: Subject<LineState> = {
  name: "generic-jsonl with classes",
  decoder: jsonl.decoder({ forms: ["passages", "present", "tracks"], classes: ["bicycle", "other"] }),
  lines: (state) => state,
  words: [
    '{"in":1,',
    '"class":"bicycle"',
    '"class":"car"',
    '{"tracks":[{"id":"a","x":1,"y":2,',
    '{"present":{"bicycle":',
    '"__proto__":',
    "}",
    "]",
    ",",
    "3",
  ],
  good: '{"in":1,"out":2,"class":"bicycle"}',
  reading: { type: "passages", in: 1, out: 2, class: "bicycle" },
};
const JSON_LINES: Subject<LineState> = {
  name: "generic-jsonl",
  decoder: jsonl.decoder({ forms }),
  lines: (state) => state,
  words: [
    '{"in":',
    '"out":',
    '{"tracks":[',
    '{"id":"a","x":1,"y":2}',
    "]",
    "}",
    "1",
    ",",
    "[[[[[[",
    '"__proto__":',
  ],
  good: '{"in":1,"out":2}',
  reading: { type: "passages", in: 1, out: 2 },
};
const CSV_LINES: Subject<csv.CsvState> = {
  name: "generic-csv",
  decoder: csv.decoder({ forms, columns: ["in", "out", "id", "x", "y"] }),
  lines: (state) => state.lines,
  words: ["in,out", "out;in", "id\tx\ty", "1,2,a,0.5,0.5", ",", ";", "\t", '"', "1", "-", "e999"],
  good: "in,out\n1,2",
  reading: { type: "passages", in: 1, out: 2 },
};

const word = (words: readonly string[]) =>
  fc.constantFrom(...words, "\n", "\r", "\r\n", "\0", "\uFEFF", "é").map((text) => Buffer.from(text));
const rubbish = (words: readonly string[]) =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: word(words) }, fc.uint8Array({ maxLength: 40 }), longRun()), {
      maxLength: 40,
    })
    .map((pieces) => new Uint8Array(Buffer.concat(pieces)));
const longRun = () => fc.integer({ min: 1, max: 3000 }).map((length) => new Uint8Array(length).fill(120));

function run<State>({ decoder, lines }: Subject<State>, chunks: readonly Uint8Array[]) {
  let state = decoder.start;
  const readings: unknown[] = [];
  const discarded: string[] = [];
  let held = 0;
  for (const chunk of chunks) {
    const decoded = decoder.decode(state, chunk);
    state = decoded.state;
    readings.push(...decoded.readings);
    discarded.push(...decoded.discarded);
    held = Math.max(held, ...lines(state).pieces.map((piece) => piece.buffer.byteLength), 0);
    expect(lines(state).pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(lines(state).length);
  }
  // Within one call discards of cutting lines come before those of reading them, so only their number is fixed.
  return { readings, discarded: discarded.sort(), held };
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort(
    (one, other) => one - other,
  );
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

function properties<State>(subject: Subject<State>): void {
  describe(subject.name, () => {
    it("gives the same readings and discards for any chunks of the same bytes", () => {
      fc.assert(
        fc.property(rubbish(subject.words), fc.array(fc.nat(), { maxLength: 60 }), (bytes, places) => {
          const whole = run(subject, [bytes]);
          const { readings, discarded } = run(subject, cut(bytes, places));
          expect({ readings, discarded }).toEqual({ readings: whole.readings, discarded: whole.discarded });
          const single = run(
            subject,
            Array.from(bytes.subarray(0, 1500), (byte) => Uint8Array.of(byte)),
          );
          expect(single.readings).toEqual(run(subject, [bytes.subarray(0, 1500)]).readings);
        }),
        { numRuns: 80 },
      );
    });

    it("never throws, holds one line at most, and says only what its type can hold", () => {
      fc.assert(
        fc.property(fc.array(rubbish(subject.words), { maxLength: 8 }), (chunks) => {
          const { readings, held } = run(subject, chunks);
          expect(held).toBeLessThanOrEqual(MAX_LINE_BYTES);
          for (const reading of readings) expect(numbersOf(reading).every(Number.isFinite)).toBe(true);
        }),
        { numRuns: 80 },
      );
    });

    it("reads a good line after any rubbish and an end of line", () => {
      fc.assert(
        fc.property(rubbish(subject.words), fc.constantFrom("\n", "\r\n", "\r"), (bytes, end) => {
          const good = Buffer.from(`${end}${subject.good}\n`);
          const { readings } = run(subject, [bytes, good]);
          expect(readings.slice(-1)).toEqual([subject.reading]);
        }),
        { numRuns: 100 },
      );
    });
  });
}

function numbersOf(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersOf) : [];
}

properties(JSON_LINES);
properties(CSV_LINES);
properties(CLASSED_LINES);
