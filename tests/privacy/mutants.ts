import { type RandomBytes, systemRandom } from "../../src/base/random.ts";
import { laplaceVariance } from "./statistics.ts";

/**
 * Wrong noise through the one seam that the shipped path has: its source of random bytes. The exact sampler reads one
 * byte at a time, so bytes can be chosen that make it draw any number. Nothing in the product knows of this.
 */

/** What noise a wrong source adds to a true value. `fair` is a draw of the right distribution. */
type WrongNoise = (exact: number, fair: number) => number;

/** The mistakes that a gateway could make, and that the test of the noise must see. */
export const MUTANTS: Readonly<Record<string, WrongNoise>> = {
  "a scramble of -1, 0 or 1": () => Math.floor(Math.random() * 3) - 1,
  "zero counted twice": zeroTwice,
  "a rounded continuous Laplace": () => Math.round(continuousLaplace()),
  "a clamp at zero": (exact, fair) => Math.max(-exact, fair),
  "no noise at zero": (exact, fair) => (exact === 0 ? 0 : fair),
  "a rounded Gaussian of the same variance": () => Math.round(gaussian() * Math.sqrt(laplaceVariance(1))),
  "no noise at all": () => 0,
};

/**
 * Bytes that make the sampler draw these numbers with epsilon 1: for each unit of the magnitude the two bytes with which
 * exp(-1) is a success, one byte with which it is none, and one for the sign.
 */
export function steered(next: () => number): RandomBytes {
  let bytes: number[] = [];
  return (count) => {
    // Nonces and epochs take more at a time.
    if (count !== 1) return systemRandom(count);
    if (bytes.length === 0) bytes = bytesFor(next());
    return Uint8Array.of(bytes.shift() ?? 0);
  };
}

/** The source of a mutant, when the sampler is asked for noise on these true values, over and over. */
export function mutantSource(wrong: WrongNoise, exacts: readonly number[]): RandomBytes {
  let draws = 0;
  return steered(() => wrong(exacts[draws++ % exacts.length] ?? 0, fairLaplace()));
}

function bytesFor(noise: number): number[] {
  const magnitude = Math.abs(noise);
  return [...Array.from({ length: magnitude }, () => [0, 1]).flat(), 1, noise < 0 ? 1 : 0];
}

/** The difference of two geometric numbers. */
function fairLaplace(): number {
  return geometric() - geometric();
}

function geometric(): number {
  return Math.floor(-Math.log(1 - Math.random()));
}

/** Sign and geometric magnitude drawn apart, without the rejection of a negative zero. */
function zeroTwice(): number {
  const magnitude = geometric();
  return Math.random() < 0.5 ? -magnitude : magnitude;
}

function continuousLaplace(): number {
  const u = Math.random() - 0.5;
  return -Math.sign(u) * Math.log(1 - 2 * Math.abs(u));
}

function gaussian(): number {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}
