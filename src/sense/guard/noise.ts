import { assert } from "../../base/assert.ts";
import type { RandomBytes } from "../../base/random.ts";

/**
 * Exact discrete Laplace noise, after Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential
 * Privacy" (NeurIPS 2020, arXiv:2004.00010), Algorithms 1 and 2. Whole-number arithmetic throughout, so that no
 * rounding of floating-point numbers bends the distribution or leaves a trace (Mironov, CCS 2012).
 * How long a draw takes depends on its outcome: draw at window close, publish on a fixed schedule.
 */

/** A positive fraction. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Reads a positive fraction such as "1", "1/2" or "3/10", as the configuration allows them. */
export function parseRational(text: string): Rational {
  const match = /^([1-9]\d{0,5})(?:\/([1-9]\d{0,5}))?$/.exec(text);
  assert(match?.[1], "not a positive fraction");
  return { numerator: BigInt(match[1]), denominator: BigInt(match[2] ?? "1") };
}

/** The fraction divided by a whole number >= 1, in lowest terms. */
export function divide({ numerator, denominator }: Rational, by: number): Rational {
  assert(Number.isSafeInteger(by) && by >= 1, "a fraction is divided by a whole number >= 1");
  const below = denominator * BigInt(by);
  const common = greatestCommonDivisor(numerator, below);
  return { numerator: numerator / common, denominator: below / common };
}

/** "1/3"; "1" when the denominator is 1. */
export function rationalText({ numerator, denominator }: Rational): string {
  return denominator === 1n ? `${numerator}` : `${numerator}/${denominator}`;
}

/**
 * One draw of the discrete Laplace distribution: P(x) is proportional to exp(-|x| epsilon / sensitivity).
 * Algorithm 2 of the paper with scale t/s = sensitivity / epsilon.
 */
export function discreteLaplace(epsilon: Rational, sensitivity: bigint, random: RandomBytes): bigint {
  assert(epsilon.numerator > 0n && epsilon.denominator > 0n, "epsilon must be positive");
  assert(sensitivity > 0n, "sensitivity must be positive");
  const s = epsilon.numerator;
  const t = sensitivity * epsilon.denominator;
  for (;;) {
    const u = uniformBelow(t, random);
    if (!bernoulliExp({ numerator: u, denominator: t }, random)) continue;
    let v = 0n;
    while (bernoulliExp(ONE, random)) v += 1n;
    const magnitude = (u + t * v) / s;
    const negative = uniformBelow(2n, random) === 1n;
    // Zero has no sign: without this rejection it would be drawn twice as often as it should.
    if (negative && magnitude === 0n) continue;
    return negative ? -magnitude : magnitude;
  }
}

const ONE: Rational = { numerator: 1n, denominator: 1n };

/** True with probability exp(-gamma), for 0 <= gamma <= 1: Algorithm 1 of the paper, its first branch. */
function bernoulliExp({ numerator, denominator }: Rational, random: RandomBytes): boolean {
  let k = 1n;
  while (uniformBelow(denominator * k, random) < numerator) k += 1n;
  return k % 2n === 1n;
}

/** Uniform in [0, limit): takes just enough random bits and rejects what is not below the limit, so nothing is favoured. */
export function uniformBelow(limit: bigint, random: RandomBytes): bigint {
  assert(limit > 0n, "nothing is below zero");
  if (limit === 1n) return 0n;
  const bits = (limit - 1n).toString(2).length;
  const mask = (1n << BigInt(bits)) - 1n;
  for (;;) {
    let candidate = 0n;
    for (const byte of random(Math.ceil(bits / 8))) candidate = (candidate << 8n) | BigInt(byte);
    candidate &= mask;
    if (candidate < limit) return candidate;
  }
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}
