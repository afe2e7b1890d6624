import { describe, expect, it } from "vitest";
import { type RandomBytes, systemRandom } from "../../../src/base/random.ts";
import {
  discreteLaplace,
  divide,
  parseRational,
  rationalText,
  uniformBelow,
} from "../../../src/sense/guard/noise.ts";
import { release } from "../../../src/sense/guard/release.ts";
import { flowOutput, gaugeOutput, privacyOf, windowOf } from "./fixtures.ts";
import {
  ALPHA,
  chiSquareTail,
  laplaceFit,
  laplaceMass,
  laplaceVariance,
  Z_LIMIT,
  zOfCorrelation,
  zOfSum,
} from "./statistics.ts";

/**
 * The noise is judged through `release`, the production path, with the system's generator. Each comparison with the
 * true distribution fails by chance once in a million runs (ALPHA); there are 13 of them, and some z tests at 2e-9.
 */

const DRAWS = 20_000;
const TRUE_VALUES = [0, 1, 5, 1000];

interface Noise {
  readonly in: number[];
  readonly out: number[];
}

/** The noise that a release adds to windows whose true counts are `exact`, both ways. */
function flowNoise(exact: number): Noise {
  const privacy = privacyOf();
  const noise: Noise = { in: [], out: [] };
  for (let draw = 0; draw < DRAWS; draw++) {
    const { value } = release(windowOf(flowOutput, { in: exact, out: exact }), privacy, systemRandom);
    if (!("in" in value) || value.in === null || value.out === null) throw new Error("not a flow");
    noise.in.push(value.in - exact);
    noise.out.push(value.out - exact);
  }
  return noise;
}

function gaugeNoise(exact: number): number[] {
  const privacy = privacyOf();
  return Array.from({ length: DRAWS }, () => {
    const { value } = release(windowOf(gaugeOutput, { present: exact }), privacy, systemRandom);
    if (!("present" in value) || value.present === null) throw new Error("not a gauge");
    return value.present - exact;
  });
}

const drawn = new Map(TRUE_VALUES.map((exact) => [exact, flowNoise(exact)]));

describe("the noise of a flow", () => {
  it.each([...drawn])(
    "is discrete Laplace with epsilon 1 for a true value of %i, and with no other",
    (_, noise) => {
      for (const way of [noise.in, noise.out]) {
        expect(laplaceFit(way, 1)).toBeGreaterThan(ALPHA);
        expect(laplaceFit(way, 1.2)).toBeLessThan(ALPHA);
        expect(laplaceFit(way, 1 / 1.2)).toBeLessThan(ALPHA);
      }
    },
  );

  it.each([...drawn])("leaves the mean where it was for a true value of %i", (_, noise) => {
    expect(Math.abs(zOfSum([...noise.in, ...noise.out], laplaceVariance(1)))).toBeLessThan(Z_LIMIT);
  });

  it.each([...drawn])(
    "is drawn independently for in, for out and for each window (true value %i)",
    (_, noise) => {
      const variance = laplaceVariance(1);
      expect(Math.abs(zOfCorrelation(noise.in, noise.out, variance))).toBeLessThan(Z_LIMIT);
      expect(Math.abs(zOfCorrelation(noise.in.slice(1), noise.in.slice(0, -1), variance))).toBeLessThan(
        Z_LIMIT,
      );
      expect(Math.abs(zOfCorrelation(noise.in.slice(1), noise.out.slice(0, -1), variance))).toBeLessThan(
        Z_LIMIT,
      );
    },
  );
});

describe("the noise of an occupancy", () => {
  it.each([0, 128])(
    "is discrete Laplace with a third of the epsilon when three windows share it (true value %i)",
    (exact) => {
      const noise = gaugeNoise(exact);
      expect(laplaceFit(noise, 1 / 3)).toBeGreaterThan(ALPHA);
      expect(laplaceFit(noise, 1.2 / 3)).toBeLessThan(ALPHA);
      expect(laplaceFit(noise, 1 / 3 / 1.2)).toBeLessThan(ALPHA);
    },
  );
});

it("is drawn exactly for a fraction whose numerator is not 1", () => {
  const noise = Array.from({ length: DRAWS }, () =>
    Number(discreteLaplace(parseRational("3/2"), 1n, systemRandom)),
  );
  expect(laplaceFit(noise, 1.5)).toBeGreaterThan(ALPHA);
  expect(laplaceFit(noise, 1.25)).toBeLessThan(ALPHA);
});

it("grows with the sensitivity", () => {
  const noise = Array.from({ length: DRAWS }, () =>
    Number(discreteLaplace(parseRational("1"), 2n, systemRandom)),
  );
  expect(laplaceFit(noise, 0.5)).toBeGreaterThan(ALPHA);
});

/** Wrong ways to publish a count: from the true value and the exact noise to what is published. The test above must see each. */
const MUTANTS: { [name: string]: (exact: number, noise: number) => number } = {
  "-1, 0 or 1 with equal chance": (exact) => exact + Math.floor(Math.random() * 3) - 1,
  "zero drawn twice as often": (exact) => exact + Math.round(zeroTwice()),
  "a rounded continuous Laplace": (exact) => exact + Math.round(continuousLaplace()),
  "a clamp at zero": (exact, noise) => Math.max(0, exact + noise),
  "no noise at zero": (exact, noise) => (exact === 0 ? 0 : exact + noise),
  "a rounded Gaussian of the same variance": (exact) =>
    exact + Math.round(gaussian() * Math.sqrt(laplaceVariance(1))),
  "no noise": (exact) => exact,
};

function continuousLaplace(): number {
  const u = Math.random() - 0.5;
  return -Math.sign(u) * Math.log(1 - 2 * Math.abs(u));
}

/** Sign and geometric magnitude drawn apart, without the rejection of a negative zero. */
function zeroTwice(): number {
  const magnitude = Math.floor(-Math.log(1 - Math.random()));
  return Math.random() < 0.5 ? -magnitude : magnitude;
}

function gaussian(): number {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

it.each(Object.entries(MUTANTS))("the same test refuses %s", (_, mutant) => {
  const fits = [...drawn].map(([exact, noise]) => {
    const mutated = noise.in.map((one) => mutant(exact, one) - exact);
    return laplaceFit(mutated, 1);
  });
  expect(Math.min(...fits)).toBeLessThan(ALPHA);
});

it("the test of independence refuses one draw used for both directions", () => {
  const noise = drawn.get(0)?.in ?? [];
  expect(zOfCorrelation(noise, noise, laplaceVariance(1))).toBeGreaterThan(Z_LIMIT);
});

it("the test of the mean refuses a clamp at zero", () => {
  const clamped = (drawn.get(0)?.in ?? []).map((noise) => Math.max(0, noise));
  expect(zOfSum(clamped, laplaceVariance(1))).toBeGreaterThan(Z_LIMIT);
});

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

it("the p-value of chi-square is right where it is known", () => {
  expect(chiSquareTail(-2 * Math.log(ALPHA), 2)).toBeCloseTo(ALPHA, 12);
  expect(chiSquareTail(18.307, 10)).toBeCloseTo(0.05, 4);
  expect([...Array(81).keys()].reduce((sum, x) => sum + laplaceMass(1, x - 40), 0)).toBeCloseTo(1, 12);
});
