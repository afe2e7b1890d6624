/** Damage to the bytes on a line, for tests of what a bad cable does. The same seed does the same damage. */
export type Damage = (bytes: Uint8Array) => Uint8Array;

/** Numbers in [0, 1) that look random and follow from the seed (mulberry32, T. Ettinger). */
export type Dice = () => number;

export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Takes a piece out. */
export function cut(dice: Dice): Damage {
  return (bytes) => {
    const from = below(dice, bytes.length);
    const to = from + 1 + below(dice, bytes.length - from);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  };
}

/** Turns one bit round. */
export function flip(dice: Dice): Damage {
  return (bytes) => {
    const at = below(dice, bytes.length);
    const bit = 1 << below(dice, 8);
    return bytes.map((byte, place) => (place === at ? byte ^ bit : byte));
  };
}

/** Puts up to so many bytes of nothing somewhere in between. */
export function insert(dice: Dice, most = 16): Damage {
  return (bytes) => {
    const at = below(dice, bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), rubbish(dice, 1 + below(dice, most)), bytes.subarray(at)]);
  };
}

/** As many bytes, all of them wrong: a line that runs at another speed. */
export function noise(dice: Dice): Damage {
  return (bytes) => rubbish(dice, bytes.length);
}

/** One of these each time, but only in so many of all cases: `share` from 0 to 1. */
export function sometimes(dice: Dice, share: number, damages: readonly Damage[]): Damage {
  return (bytes) => {
    if (dice() >= share) return bytes;
    return damages[below(dice, damages.length)]?.(bytes) ?? bytes;
  };
}

function rubbish(dice: Dice, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => below(dice, 256));
}

function below(dice: Dice, limit: number): number {
  return Math.floor(dice() * limit);
}
