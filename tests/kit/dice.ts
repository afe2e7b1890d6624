/** Numbers that look random and are the same for the same seed: xorshift32 (Marsaglia, 2003). */
export class Dice {
  #state: number;

  /** @param seed any whole number */
  constructor(seed: number) {
    // Neighbouring seeds give unlike numbers only behind a multiplication; 0 would give nothing but 0.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
    for (let turn = 0; turn < 4; turn++) this.below(2);
  }

  /** A whole number from 0 up to, but not including, `limit`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    this.#state >>>= 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }
}
