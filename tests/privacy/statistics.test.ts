import { describe, expect, it } from "vitest";
import {
  ALPHA,
  binomialTail,
  chiSquareTail,
  laplaceFit,
  laplaceMass,
  laplaceTail,
  laplaceVariance,
  logGamma,
  upperGamma,
  zOfCorrelation,
  zOfSum,
} from "./statistics.ts";

/** The privacy tests are worth what their statistics are: here they meet values that are known. */

describe("the p-value of chi-square", () => {
  it.each([
    // Tables of the distribution, such as NIST/SEMATECH e-Handbook, 1.3.6.7.4.
    [3.841, 1, 0.05],
    [10.828, 1, 0.001],
    [18.307, 10, 0.05],
    [29.588, 10, 0.001],
    [67.505, 50, 0.05],
    [124.342, 100, 0.05],
    [77.929, 100, 0.95],
  ])("beyond %f with %i degrees of freedom is %f", (x, degrees, p) => {
    expect(chiSquareTail(x, degrees)).toBeCloseTo(p, 4);
  });

  it("is right far out, where it decides", () => {
    expect(chiSquareTail(-2 * Math.log(ALPHA), 2) / ALPHA).toBeCloseTo(1, 10);
    // An even number of degrees has a closed form: exp(-x/2) times the sum of (x/2)^i / i!.
    for (const [x, degrees] of [
      [60, 10],
      [90, 26],
      [400, 40],
    ] as const) {
      let term = Math.exp(-x / 2);
      let sum = term;
      for (let i = 1; i < degrees / 2; i++) {
        term *= x / 2 / i;
        sum += term;
      }
      expect(chiSquareTail(x, degrees) / sum).toBeCloseTo(1, 9);
    }
  });

  it("comes from an incomplete gamma function whose two halves meet", () => {
    expect(upperGamma(1, 3)).toBeCloseTo(Math.exp(-3), 14);
    for (const a of [0.5, 3, 25]) {
      expect(upperGamma(a, a + 1 - 1e-9)).toBeCloseTo(upperGamma(a, a + 1 + 1e-9), 8);
    }
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 13);
    expect(logGamma(171)).toBeCloseTo(
      [...Array(170).keys()].reduce((sum, n) => sum + Math.log(n + 1), 0),
      9,
    );
  });
});

it("the tail of the binomial distribution is right where it is known", () => {
  expect(binomialTail(10, 0.5, 8)).toBeCloseTo(56 / 1024, 14);
  expect(binomialTail(300, 0.01, 0)).toBe(1);
  expect(binomialTail(3, 0.1, 3) / 1e-3).toBeCloseTo(1, 10);
  expect(binomialTail(300, 0, 1)).toBe(0);
});

it("the discrete Laplace distribution adds up, and has the variance and the tails it says", () => {
  for (const epsilon of [1, 1 / 3, 2]) {
    const around = [...Array(401).keys()].map((index) => index - 200);
    const total = (of: (x: number) => number) => around.reduce((sum, x) => sum + of(x), 0);
    expect(total((x) => laplaceMass(epsilon, x))).toBeCloseTo(1, 12);
    expect(total((x) => x * x * laplaceMass(epsilon, x))).toBeCloseTo(laplaceVariance(epsilon), 9);
    expect(total((x) => (x >= 4 ? laplaceMass(epsilon, x) : 0))).toBeCloseTo(laplaceTail(epsilon, 4), 12);
  }
  expect(Math.sqrt(laplaceVariance(1))).toBeCloseTo(1.357, 3);
});

it("draws that follow a distribution exactly fit it, and no neighbour of it", () => {
  const exact = [...Array(61).keys()].flatMap((index) => {
    const x = index - 30;
    return new Array<number>(Math.round(20_000 * laplaceMass(1, x))).fill(x);
  });
  expect(laplaceFit(exact, 1).p).toBeGreaterThan(0.99);
  expect(laplaceFit(exact, 1.2).p).toBeLessThan(ALPHA);
  expect(laplaceFit(exact, 1 / 1.2).p).toBeLessThan(ALPHA);
  expect(laplaceFit([...exact, 0.5], 1).p).toBe(0);
});

it("z is the distance from the mean in standard deviations", () => {
  expect(zOfSum([3, 3, 3, 3], 9)).toBe(2);
  expect(zOfCorrelation([1, -1], [1, -1], 1)).toBeCloseTo(Math.SQRT2, 12);
  expect(zOfCorrelation([1, -1], [-1, -1], 1)).toBe(0);
});
