import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { glued, hexes, singly } from "../unit/frames/kit.ts";
import { SUBJECTS, type Subject } from "../unit/frames/subjects.ts";

/** Pieces of frames and random bytes. */
const rubbish = ({ words }: Subject) =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...words) }, fc.uint8Array({ maxLength: 20 })), {
      maxLength: 12,
    })
    .map((pieces) => glued(...pieces));

/** Rubbish, frames, and frames with bytes cut off, changed or doubled. */
const stream = (subject: Subject) => {
  const wire = subject.good.map((good) => good.wire);
  const hurt = fc
    .tuple(wire, fc.nat(), fc.nat(), fc.nat(255))
    .map(([bytes, from, at, byte]) =>
      bytes.with(at % bytes.length, byte).subarray(from % 3 === 0 ? from % bytes.length : 0),
    );
  return fc
    .array(fc.oneof(rubbish(subject), wire, hurt), { maxLength: 12 })
    .map((pieces) => glued(...pieces));
};

function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((one, two) => one - two);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

/** Where the good ones begin when rubbish stands before each of them. */
function layOut(pieces: readonly { before: Uint8Array; wire: Uint8Array }[]) {
  const places: { from: number; to: number }[] = [];
  let at = 0;
  for (const { before, wire } of pieces) {
    places.push({ from: at + before.length, to: at + before.length + wire.length });
    at += before.length + wire.length;
  }
  return places;
}

/** True when the parts come in this order, whatever is between them. */
function inOrder(all: readonly string[], parts: readonly string[]): boolean {
  let next = 0;
  for (const one of all) if (one === parts[next]) next++;
  return next === parts.length;
}

describe.each(SUBJECTS)("a framer for $title", (subject) => {
  it("makes the same of any chunks of the same bytes, holds no more than it may, and loses no byte from its books", () => {
    fc.assert(
      fc.property(stream(subject), fc.array(fc.nat(), { maxLength: 40 }), (bytes, places) => {
        const { mostHeld: _, ...whole } = subject.cut([bytes]);
        for (const chunks of [cutAt(bytes, places), singly(bytes)]) {
          const { mostHeld, ...pieces } = subject.cut(chunks);
          expect(pieces).toEqual(whole);
          expect(mostHeld).toBeLessThanOrEqual(subject.most);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("loses no whole frame to rubbish before, between and behind", () => {
    const pieces = fc.array(fc.record({ before: rubbish(subject), good: subject.good }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(pieces, rubbish(subject), (list, last) => {
        const laid = list.map(({ before, good }) => ({ before, wire: good.wire }));
        const bytes = glued(...laid.flatMap(({ before, wire }) => [before, wire]), last, subject.flush);
        // Rubbish that happens to be a frame by all its marks may take the bytes of the good one behind it.
        const places = layOut(laid);
        const inside = (at: number) => places.some(({ from, to }) => at >= from && at < to);
        fc.pre(!bytes.some((_, at) => !inside(at) && subject.spelt(bytes, at)));
        const wanted = hexes(list.map(({ good }) => good.frame)).slice(0, subject.once ? 1 : undefined);
        const found = hexes(subject.cut(singly(bytes)).frames);
        expect(inOrder(found, wanted), `${wanted} in ${found}`).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it("never lets a frame that was cut short swallow the good one behind it", () => {
    fc.assert(
      fc.property(subject.good, subject.good, fc.nat(), (cut, good, place) => {
        const part = cut.wire.subarray(0, place % cut.wire.length);
        const bytes = glued(part, good.wire);
        fc.pre(!part.some((_, at) => subject.spelt(bytes, at)));
        const found = hexes(subject.cut([bytes, subject.flush]).frames);
        expect(found).toContain(hexes([good.frame])[0]);
      }),
      { numRuns: 200 },
    );
  });
});
