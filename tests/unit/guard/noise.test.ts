import { describe, expect, it } from "vitest";
import { type RandomBytes, systemRandom } from "../../../src/base/random.ts";
import { divide, parseRational, rationalText, uniformBelow } from "../../../src/sense/guard/noise.ts";
import { ALPHA, chiSquareTail } from "../../privacy/statistics.ts";

describe("uniform numbers", () => {
  it("reject what is not below the limit instead of folding it back", () => {
    const bytes = [0xff, 0x03, 0x02];
    const scripted: RandomBytes = (count) => Uint8Array.from(bytes.splice(0, count));
    expect(uniformBelow(3n, scripted)).toBe(2n);
    expect(bytes).toEqual([]);
  });

  it("use every value below a limit of more than one byte equally often", () => {
    const limit = 301n;
    const seen = new Array<number>(301).fill(0);
    for (let draw = 0; draw < 60_200; draw++) {
      const value = Number(uniformBelow(limit, systemRandom));
      seen[value] = (seen[value] ?? 0) + 1;
    }
    expect(seen.length).toBe(301);
    const chiSquare = seen.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    expect(chiSquareTail(chiSquare, 300)).toBeGreaterThan(ALPHA);
  });
});

describe("fractions", () => {
  it.each([
    ["1", 1, "1"],
    ["1", 3, "1/3"],
    ["2", 2, "1"],
    ["3/10", 6, "1/20"],
    ["999999/999998", 1000, "999999/999998000"],
  ])("%s divided by %i is %s", (text, by, result) => {
    expect(rationalText(divide(parseRational(text), by))).toBe(result);
  });

  it.each(["0", "-1", "1.5", "NaN", "1/0", "", "1/2/3", "Infinity"])("%j is not one", (text) => {
    expect(() => parseRational(text)).toThrow("not a positive fraction");
  });
});
