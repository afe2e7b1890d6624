import { beforeAll, describe, expect, it } from "vitest";
import { systemRandom } from "../../src/base/random.ts";
import { isPresent } from "../../src/contract/values.ts";
import { discreteLaplace, parseRational } from "../../src/sense/guard/noise.ts";
import { release } from "../../src/sense/guard/release.ts";
import { gaugeOutput, privacyOf, windowOf } from "../unit/guard/fixtures.ts";
import { drawAtGuard, drawFlows, drawsFor, exactOf, type SensorNoise } from "./draws.ts";
import { evidence, FULL, pText } from "./evidence.ts";
import { MUTANTS, mutantSource, steered } from "./mutants.ts";
import { ALPHA, laplaceFit, laplaceVariance, Z_LIMIT, zOfCorrelation, zOfSum } from "./statistics.ts";

/**
 * P3, P4 and P12 on one body of draws: lines of text in, sealed messages opened by the city out, with the generator of the
 * operating system. How often chance refuses what is true, and takes what is not, stands at ALPHA and Z_LIMIT.
 */

const TRUE_VALUES = [0, 1, 5, 1000];
/** 16 sensors draw twice for each value in a window: 20,000 draws for each value, in and out together; or 6,400. */
const WINDOWS = FULL ? 625 : 200;
const DRAWS = WINDOWS * 32;
/** Draws of the smaller questions. */
const SOME = FULL ? 20_000 : 10_000;

let noise: readonly SensorNoise[];

beforeAll(async () => {
  noise = await drawFlows({ values: TRUE_VALUES, windows: WINDOWS });
});

describe("P3 the noise of the shipped path", () => {
  it.each(TRUE_VALUES)(
    "P3 is discrete Laplace with epsilon 1 on a true value of %i, and with no other",
    (exact) => {
      const draws = drawsFor(noise, exact);
      const [right, more, less] = [1, 1.2, 1 / 1.2].map((epsilon) => laplaceFit(draws, epsilon).p);
      expect(draws).toHaveLength(DRAWS);
      expect(right).toBeGreaterThan(ALPHA);
      expect(more).toBeLessThan(ALPHA);
      expect(less).toBeLessThan(ALPHA);
      const fits = `epsilon 1: p = ${pText(right ?? 0)}; epsilon 1.2: p ${pText(more ?? 1)}; epsilon 1/1.2: p ${pText(less ?? 1)}`;
      evidence(
        "P3",
        `${DRAWS} draws on a true value of ${exact}, from lines of text to records the city opened. ${fits}`,
      );
    },
  );

  it.each(["1/2", "3/2"])("P3 follows the epsilon of the configuration: %s", async (epsilon) => {
    const [numerator = 1, denominator = 1] = epsilon.split("/").map(Number);
    const value = numerator / denominator;
    const options = { values: [5], windows: 50, epsilon };
    const draws = drawsFor(FULL ? await drawFlows(options) : drawAtGuard(options), 5);
    expect(laplaceFit(draws, value).p).toBeGreaterThan(ALPHA);
    expect(laplaceFit(draws, value * 1.5).p).toBeLessThan(ALPHA);
    expect(laplaceFit(draws, value / 1.5).p).toBeLessThan(ALPHA);
    evidence("P3", `${draws.length} draws with epsilon ${epsilon}: p = ${pText(laplaceFit(draws, value).p)}`);
  });

  it.each([0, 128])(
    "P3 gives an occupancy a third of the epsilon when three windows share it (true value %i)",
    (exact) => {
      const privacy = privacyOf();
      const draws = Array.from({ length: SOME }, () => {
        const { value } = release(windowOf(gaugeOutput, { present: exact }), privacy, systemRandom);
        return isPresent(value) ? (value.present ?? Number.NaN) - exact : Number.NaN;
      });
      expect(laplaceFit(draws, 1 / 3).p).toBeGreaterThan(ALPHA);
      expect(laplaceFit(draws, 1.2 / 3).p).toBeLessThan(ALPHA);
      expect(laplaceFit(draws, 1 / 3 / 1.2).p).toBeLessThan(ALPHA);
      evidence(
        "P3",
        `${SOME} draws of an occupancy of ${exact}: epsilon 1/3 p = ${pText(laplaceFit(draws, 1 / 3).p)}`,
      );
    },
  );

  it("P3 grows with the sensitivity", () => {
    const draws = Array.from({ length: SOME }, () =>
      Number(discreteLaplace(parseRational("1"), 2n, systemRandom)),
    );
    expect(laplaceFit(draws, 0.5).p).toBeGreaterThan(ALPHA);
  });
});

/** What 64 sensors with these true values publish when the source is not the system's. */
async function published(values: readonly number[], random: ReturnType<typeof steered>, windows: number) {
  const options = { values, windows, random };
  return FULL ? drawFlows(options) : drawAtGuard(options);
}

describe("P3 the power of the test", () => {
  it("P3 steers the noise of the shipped path byte by byte, so that wrong noise can be put in", async () => {
    let next = -64;
    const wanted = Array.from({ length: 128 }, (_, index) => index - 64);
    const noise = await drawFlows({ values: [1000], windows: 1, random: steered(() => next++) });
    expect(noise.flatMap((one) => [...one.in, ...one.out])).toEqual(wanted);
  });

  it.each(Object.entries(MUTANTS))("P3 refuses %s", async (name, wrong) => {
    const exacts = Array.from({ length: 128 }, (_, draw) => exactOf(TRUE_VALUES, Math.floor(draw / 2)));
    const windows = FULL ? WINDOWS : 312;
    const noise = await published(TRUE_VALUES, mutantSource(wrong, exacts), windows);
    const fits = TRUE_VALUES.map((exact) => laplaceFit(drawsFor(noise, exact), 1).p);
    expect(Math.min(...fits)).toBeLessThan(ALPHA);
    const where = FULL ? "through the whole path" : "at the guard";
    evidence("P3", `Mutant refused: ${name}, ${windows * 32} draws ${where}, p ${pText(Math.min(...fits))}`);
  });

  it("P3 accepts the right noise from the same steered source", async () => {
    const exacts = new Array<number>(128).fill(0);
    const noise = await published(
      [0],
      mutantSource((_, fair) => fair, exacts),
      150,
    );
    expect(laplaceFit(drawsFor(noise, 0), 1).p).toBeGreaterThan(ALPHA);
  });
});

describe("P4 draws", () => {
  const variance = laplaceVariance(1);
  const zOf = (pairs: readonly (readonly [readonly number[], readonly number[]])[]) =>
    zOfCorrelation(
      pairs.flatMap(([a]) => a),
      pairs.flatMap(([, b]) => b),
      variance,
    );

  it("P4 are independent of the other direction, of other sensors and of the window before", () => {
    const next = (index: number) => noise[(index + 1) % noise.length]?.in ?? [];
    const z = {
      "in and out": zOf(noise.map((one) => [one.in, one.out])),
      "a sensor and the next": zOf(noise.map((one, index) => [one.in, next(index)])),
      "a window and the next, in": zOf(noise.map((one) => [one.in.slice(1), one.in.slice(0, -1)])),
      "a window and the next, out": zOf(noise.map((one) => [one.out.slice(1), one.out.slice(0, -1)])),
      "in, and out a window before": zOf(noise.map((one) => [one.in.slice(1), one.out.slice(0, -1)])),
    };
    for (const [name, value] of Object.entries(z)) {
      expect(Math.abs(value), name).toBeLessThan(Z_LIMIT);
      evidence(
        "P4",
        `Correlation of ${name}: z = ${value.toFixed(2)} over ${noise.length * WINDOWS} pairs, at most ${Z_LIMIT} allowed`,
      );
    }
  });

  it("P4 would be seen to depend: one draw used for both directions is refused", () => {
    const once = noise.map((one) => [one.in, one.in] as const);
    expect(zOf(once)).toBeGreaterThan(Z_LIMIT);
  });
});

describe("P12 values on the wire", () => {
  it("P12 are signed and unbiased: 20,000 empty windows add up to nobody", () => {
    const empty = FULL ? drawsFor(noise, 0) : drawsFor(drawAtGuard({ values: [0], windows: 160 }), 0);
    const z = zOfSum(empty, laplaceVariance(1));
    expect(empty.length).toBeGreaterThanOrEqual(20_000);
    expect(Math.abs(z)).toBeLessThan(Z_LIMIT);
    expect(Math.min(...empty)).toBeLessThan(0);
    const sum = empty.reduce((total, value) => total + value, 0);
    evidence(
      "P12",
      `${empty.length} empty windows add up to ${sum}: z = ${z.toFixed(2)}, at most ${Z_LIMIT} allowed`,
    );
  });

  it.each(TRUE_VALUES)("P12 leave the mean where it was on a true value of %i", (exact) => {
    expect(Math.abs(zOfSum(drawsFor(noise, exact), laplaceVariance(1)))).toBeLessThan(Z_LIMIT);
  });

  it("P12 would be seen to be clamped at zero", () => {
    const clamped = drawsFor(noise, 0).map((value) => Math.max(0, value));
    expect(zOfSum(clamped, laplaceVariance(1))).toBeGreaterThan(Z_LIMIT);
  });

  it("P12 are null, never 0, for what nobody measured", () => {
    const empty = windowOf(gaugeOutput, null, { coveredMs: 0 });
    const { value, quality } = release(empty, privacyOf(), systemRandom);
    expect([value, quality]).toEqual([{ present: null }, "not_measured"]);
  });
});
