import { randomBytes, randomInt } from "node:crypto";

/** A source of random bytes: the operating system's generator in production, never seeded there. */
export type RandomBytes = (count: number) => Uint8Array;

/** The operating system's generator (getrandom(2) through OpenSSL's CSPRNG). */
export const systemRandom: RandomBytes = (count) => randomBytes(count);

const BASE32 = "0123456789abcdefghjkmnpqrstvwxyz";

/** A fresh epoch: 16 characters of Crockford base32, 80 random bits. */
export function randomEpoch(random: RandomBytes): string {
  return Array.from(random(16), (byte) => BASE32[byte & 31]).join("");
}

/** A uniform integer in [0, limit): for pacing and jitter, not for noise. */
export function jitterBelow(limit: number): number {
  return limit < 1 ? 0 : randomInt(Math.floor(limit));
}
