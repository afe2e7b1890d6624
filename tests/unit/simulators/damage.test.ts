import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cut, type Damage, diceOf, flip, insert, noise, sometimes } from "../../../src/simulators/damage.ts";

const cases = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer());
const always = (check: (bytes: Uint8Array, seed: number) => void) =>
  fc.assert(fc.property(cases, ([bytes, seed]) => check(bytes, seed)));
const plain = (bytes: Uint8Array) => [...bytes];

describe("damage to a line", () => {
  it("cuts a piece out, and leaves the rest in order", () => {
    always((bytes, seed) => {
      const left = plain(cut(diceOf(seed))(bytes));
      expect(left.length).toBeLessThan(bytes.length);
      const from = left.findIndex((byte, at) => byte !== bytes[at]);
      const head = from < 0 ? left.length : from;
      expect(left.slice(head)).toEqual(plain(bytes).slice(bytes.length - (left.length - head)));
    });
  });

  it("turns exactly one bit round", () => {
    always((bytes, seed) => {
      const bits = flip(diceOf(seed))(bytes).map((byte, at) => byte ^ (bytes[at] ?? 0));
      expect(bits).toHaveLength(bytes.length);
      expect(plain(bits).filter((bit) => bit !== 0)).toHaveLength(1);
      expect(Math.log2(bits.reduce((sum, bit) => sum + bit, 0)) % 1).toBe(0);
    });
  });

  it("puts bytes in between, or others in the place of all", () => {
    always((bytes, seed) => {
      const more = insert(diceOf(seed), 8)(bytes);
      expect(more.length).toBeGreaterThan(bytes.length);
      expect(more.length).toBeLessThanOrEqual(bytes.length + 8);
      expect(noise(diceOf(seed))(bytes)).toHaveLength(bytes.length);
    });
  });

  it("happens in about as many cases as it should, and the same for the same seed", () => {
    const run = (seed: number) => {
      const dice = diceOf(seed);
      const damage: Damage = sometimes(dice, 0.1, [cut(dice), flip(dice), insert(dice)]);
      return Array.from({ length: 1000 }, () => Buffer.from(damage(Uint8Array.of(1, 2, 3))).toString("hex"));
    };
    const damaged = run(1).filter((bytes) => bytes !== "010203").length;
    expect(damaged).toBeGreaterThan(60);
    expect(damaged).toBeLessThan(140);
    expect(run(1)).toEqual(run(1));
    expect(run(2)).not.toEqual(run(1));
  });
});
