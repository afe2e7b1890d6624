/** Statistics for the noise tests. */

/** A true hypothesis is rejected this often: once in a million tests. */
export const ALPHA = 1e-6;
/** No z beyond this is chance: 2e-9, two-sided. */
export const Z_LIMIT = 6;

/** P(X = x) of the discrete Laplace distribution with scale 1 / epsilon. */
export function laplaceMass(epsilon: number, x: number): number {
  return ((1 - Math.exp(-epsilon)) / (1 + Math.exp(-epsilon))) * Math.exp(-epsilon * Math.abs(x));
}

/** Variance of the discrete Laplace distribution with scale 1 / epsilon. */
export function laplaceVariance(epsilon: number): number {
  return (2 * Math.exp(-epsilon)) / (1 - Math.exp(-epsilon)) ** 2;
}

/**
 * Pearson's chi-square test of draws against the exact distribution; the p-value.
 * One cell for each value near zero and one for each tail, every one with at least 10 draws expected.
 */
export function laplaceFit(noise: readonly number[], epsilon: number): number {
  const tail = (from: number) => Math.exp(-epsilon * from) / (1 + Math.exp(-epsilon));
  let edge = 1;
  while (tail(edge + 1) * noise.length >= 10) edge += 1;
  const seen = new Map<number, number>();
  for (const x of noise) {
    const cell = Math.max(-edge, Math.min(edge, x));
    seen.set(cell, (seen.get(cell) ?? 0) + 1);
  }
  let chiSquare = 0;
  for (let cell = -edge; cell <= edge; cell++) {
    const share = Math.abs(cell) === edge ? tail(edge) : laplaceMass(epsilon, cell);
    const expected = share * noise.length;
    chiSquare += ((seen.get(cell) ?? 0) - expected) ** 2 / expected;
  }
  // A draw that is no whole number falls into no cell.
  const strays = noise.filter((x) => !Number.isInteger(x)).length;
  return strays > 0 ? 0 : chiSquareTail(chiSquare, 2 * edge);
}

/** P(chi-square > x) for an even number of degrees of freedom: exp(-x/2) times the sum of (x/2)^i / i!, exactly. */
export function chiSquareTail(x: number, degrees: number): number {
  let term = Math.exp(-x / 2);
  let sum = term;
  for (let i = 1; i < degrees / 2; i++) {
    term *= x / 2 / i;
    sum += term;
  }
  return sum;
}

/** z of the sum of draws with mean 0. */
export function zOfSum(values: readonly number[], variance: number): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.sqrt(values.length * variance);
}

/** z of the correlation of pairs of independent draws with mean 0. */
export function zOfCorrelation(a: readonly number[], b: readonly number[], variance: number): number {
  const products = a.map((value, index) => value * (b[index] ?? 0));
  return zOfSum(products, variance ** 2);
}
