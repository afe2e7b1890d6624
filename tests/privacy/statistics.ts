/**
 * The statistics of the privacy tests. What is true fails by chance in less than one of ten million runs of `npm test`:
 * 17 fits of at most 6e-10 (p11-levels: 1.8e-9), 16 z of at most 2.5e-9, 20 sums of recordings/replay of 2e-9: 9e-8 together.
 */

/**
 * A true hypothesis is rejected below this p-value. Chi-square is only the limit for many draws: with CELL_DRAWS in the
 * smallest cell the multinomial distribution itself is beyond it 3 to 6 times as often (saddle point; n and epsilon of each
 * test), which is 6e-10. What is false is taken for true by 1.6e-11 at most: 6,400 draws, epsilon 1 for 1/1.2.
 */
export const ALPHA = 1e-10;
/** Expected in each cell at least. With 10, the exact chance would be 20 times ALPHA and more. */
const CELL_DRAWS = 50;
/** No z beyond this is chance: 2.0e-9 for sums, 2.4e-9 for correlations, two-sided (exact convolution of what is drawn). */
export const Z_LIMIT = 6;

/** P(X = x) of the discrete Laplace distribution with scale 1 / epsilon. */
export function laplaceMass(epsilon: number, x: number): number {
  return ((1 - Math.exp(-epsilon)) / (1 + Math.exp(-epsilon))) * Math.exp(-epsilon * Math.abs(x));
}

/** P(X >= from) of the same distribution, for from >= 1. */
export function laplaceTail(epsilon: number, from: number): number {
  return Math.exp(-epsilon * from) / (1 + Math.exp(-epsilon));
}

/** Variance of the discrete Laplace distribution with scale 1 / epsilon. */
export function laplaceVariance(epsilon: number): number {
  return (2 * Math.exp(-epsilon)) / (1 - Math.exp(-epsilon)) ** 2;
}

/** What a chi-square test found. */
export interface Fit {
  readonly chiSquare: number;
  readonly degrees: number;
  /** The chance that draws of the distribution in question lie as far from it as these, or farther. */
  readonly p: number;
}

/**
 * Pearson's chi-square test of draws against the exact distribution: one cell for each value near zero and one for each
 * tail, every one with at least CELL_DRAWS expected.
 */
export function laplaceFit(noise: readonly number[], epsilon: number): Fit {
  let edge = 1;
  while (laplaceTail(epsilon, edge + 1) * noise.length >= CELL_DRAWS) edge += 1;
  const seen = new Map<number, number>();
  for (const x of noise) {
    const cell = Math.max(-edge, Math.min(edge, x));
    seen.set(cell, (seen.get(cell) ?? 0) + 1);
  }
  let chiSquare = 0;
  for (let cell = -edge; cell <= edge; cell++) {
    const share = Math.abs(cell) === edge ? laplaceTail(epsilon, edge) : laplaceMass(epsilon, cell);
    const expected = share * noise.length;
    chiSquare += ((seen.get(cell) ?? 0) - expected) ** 2 / expected;
  }
  const degrees = 2 * edge;
  // A draw that is no whole number falls into no cell.
  const whole = noise.every(Number.isInteger);
  return { chiSquare, degrees, p: whole ? chiSquareTail(chiSquare, degrees) : 0 };
}

/** P(chi-square > x) = Q(degrees / 2, x / 2). */
export function chiSquareTail(x: number, degrees: number): number {
  return upperGamma(degrees / 2, x / 2);
}

/**
 * The regularised upper incomplete gamma function Q(a, x): by its series below a + 1, by its continued fraction above
 * (DLMF 8.11.4 and 8.9.2, the latter by Lentz's method).
 */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - front * lowerSeries(a, x) : front * upperFraction(a, x);
}

const NEARLY = 1e-15;
const TINY = 1e-300;

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > sum * NEARLY; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let value = d;
  for (let n = 1, change = 0; Math.abs(change - 1) > NEARLY && n < 10_000; n++) {
    const step = -n * (n - a);
    b += 2;
    d = 1 / (Math.abs(step * d + b) < TINY ? TINY : step * d + b);
    c = Math.abs(b + step / c) < TINY ? TINY : b + step / c;
    change = c * d;
    value *= change;
  }
  return value;
}

/** Coefficients of Stirling's series of ln gamma (DLMF 5.11.1): from 10 on, all of a double's digits. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360, 1 / 156] as const;

/** ln gamma(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 10) return logGamma(x + 1) - Math.log(x);
  const series = STIRLING.reduce((sum, coefficient, n) => sum + coefficient / x ** (2 * n + 1), 0);
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}

/** P(X >= hits) of so many independent trials with this chance each. */
export function binomialTail(trials: number, chance: number, hits: number): number {
  if (hits <= 0) return 1;
  if (chance <= 0) return 0;
  if (chance >= 1) return 1;
  let sum = 0;
  for (let k = hits; k <= trials; k++) {
    const ways = logGamma(trials + 1) - logGamma(k + 1) - logGamma(trials - k + 1);
    sum += Math.exp(ways + k * Math.log(chance) + (trials - k) * Math.log1p(-chance));
  }
  return Math.min(1, sum);
}

/** z of the sum of draws with mean 0. */
export function zOfSum(values: readonly number[], variance: number): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.sqrt(values.length * variance);
}

/** z of the correlation of pairs of independent draws with mean 0. */
export function zOfCorrelation(a: readonly number[], b: readonly number[], variance: number): number {
  return zOfSum(
    a.map((value, index) => value * (b[index] ?? 0)),
    variance ** 2,
  );
}

/** P(X >= from) of the same distribution, for every whole number. */
export function laplaceAtLeast(epsilon: number, from: number): number {
  return from >= 1 ? laplaceTail(epsilon, from) : 1 - laplaceTail(epsilon, 1 - from);
}

/**
 * Pearson's chi-square test of named outcomes against their chances, which add up to 1. Outcomes with fewer than 10
 * expected share a cell; one that has no chance at all makes p 0.
 */
export function outcomeFit(outcomes: readonly string[], chances: ReadonlyMap<string, number>): Fit {
  const cells = [...chances].map(([name, chance]) => ({
    seen: outcomes.filter((outcome) => outcome === name).length,
    expected: chance * outcomes.length,
  }));
  const rare = cells.filter(({ expected }) => expected < 10);
  const together = (of: "seen" | "expected") => rare.reduce((sum, cell) => sum + cell[of], 0);
  const whole = cells.filter(({ expected }) => expected >= 10);
  const all = [...whole, { seen: together("seen"), expected: together("expected") }].filter(
    ({ expected }) => expected > 0,
  );
  const chiSquare = all.reduce((sum, { seen, expected }) => sum + (seen - expected) ** 2 / expected, 0);
  const known = outcomes.every((outcome) => (chances.get(outcome) ?? 0) > 0);
  const degrees = all.length - 1;
  return { chiSquare, degrees, p: known ? chiSquareTail(chiSquare, degrees) : 0 };
}
