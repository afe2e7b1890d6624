import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { systemRandom } from "../../../src/base/random.ts";
import { makeGatewayKey } from "../../../src/keys/make.ts";
import { baselineKey, boxBaseline, type LastTotal, openBaseline } from "../../../src/sense/guard/baseline.ts";
import { END_MS } from "./fixtures.ts";

const key = baselineKey(makeGatewayKey());
const slot = { channel: "gate-3/in", endMs: END_MS };
const box = (last: LastTotal) => boxBaseline(slot, last, { key, random: systemRandom });

describe("the box of a last total", () => {
  it("gives back what went in, and has one length for all", () => {
    const total = fc.maxSafeNat();
    const atMs = fc.oneof(fc.constant(null), fc.double({ min: 0, max: 8.64e15, noNaN: true }));
    const lengths = new Set<number>();
    fc.assert(
      fc.property(total, atMs, (count, time) => {
        const closed = box({ total: count, atMs: time });
        lengths.add(closed.box.length);
        expect(openBaseline(closed, key)).toEqual({ total: count, atMs: time });
      }),
    );
    expect(lengths.size).toBe(1);
  });

  it("never looks the same twice", () => {
    const last = { total: 5, atMs: null };
    expect(box(last).box).not.toBe(box(last).box);
  });

  it("opens only for its own channel and window", () => {
    const closed = box({ total: 5, atMs: END_MS });
    expect(openBaseline({ ...closed, channel: "gate-3/out" }, key)).toBeNull();
    expect(openBaseline({ ...closed, channel: "gate-4/in" }, key)).toBeNull();
    expect(openBaseline({ ...closed, endMs: END_MS + 60_000 }, key)).toBeNull();
    expect(openBaseline(closed, key)).not.toBeNull();
  });

  it("opens only on the gateway that closed it", () => {
    expect(openBaseline(box({ total: 5, atMs: null }), baselineKey(makeGatewayKey()))).toBeNull();
  });

  it("opens for the same gateway key read again", () => {
    const gateway = makeGatewayKey();
    const closed = boxBaseline(
      slot,
      { total: 9, atMs: 1 },
      { key: baselineKey(gateway), random: systemRandom },
    );
    expect(openBaseline(closed, baselineKey(gateway))).toEqual({ total: 9, atMs: 1 });
  });

  it("is refused with any bit changed, cut, or too long", () => {
    const closed = box({ total: 5, atMs: null });
    const bytes = Buffer.from(closed.box, "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(openBaseline({ ...closed, box: damaged.toString("base64url") }, key)).toBeNull();
    }
    for (const bad of ["", "AAAA", closed.box.slice(0, -4), `${closed.box}AAAA`]) {
      expect(openBaseline({ ...closed, box: bad }, key)).toBeNull();
    }
  });
});
