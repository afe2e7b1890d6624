/**
 * Visitors for the demo: a pure function of time and a seed. The generator below exists for this simulation only; noise
 * never comes from it (that is the guard's business, with the operating system's generator).
 */

/** People come and go in steps of this length: at most one person a stream and slot. */
export const SLOT_MS = 50;

/** One place where people pass. */
export interface Stream {
  readonly seed: number;
  /** How much later than at the tram stop a wave arrives here. */
  readonly delayMs: number;
  /** People a second when it is empty, and how many more at the top of a wave. */
  readonly quietPerSecond: number;
  readonly busyPerSecond: number;
}

export type Direction = "in" | "out";

const TRAM_MS = 45_000;
/** The first tram comes soon after the start, so that the first windows have something to show. */
const FIRST_TRAM_MS = 8_000;
const TRAM_WIDTH_MS = 7_000;
const TIDE_MS = 240_000;
const TURN_MS = 90_000;

/**
 * How crowded it is, 0 to 1: a tram lets people out every 45 s, more of them while the sun shines.
 * @param ms since the start of the simulation
 */
export function crowdAt(ms: number): number {
  const intoTram = mod(ms - FIRST_TRAM_MS + TRAM_MS / 2, TRAM_MS) - TRAM_MS / 2;
  const tram = Math.exp(-((intoTram / TRAM_WIDTH_MS) ** 2));
  const tide = 0.75 + 0.25 * Math.cos((2 * Math.PI * ms) / TIDE_MS);
  return tide * (0.15 + 0.85 * tram);
}

/** Who passes in a slot (slots are counted from the start), or null. */
export function passerBy(stream: Stream, slot: number): Direction | null {
  const ms = slot * SLOT_MS - stream.delayMs;
  const perSecond = stream.quietPerSecond + stream.busyPerSecond * crowdAt(ms);
  if (unit(stream.seed, slot) >= (perSecond * SLOT_MS) / 1000) return null;
  const share = 0.5 + 0.35 * Math.sin((2 * Math.PI * ms) / TURN_MS);
  return unit(stream.seed + 1, slot) < share ? "in" : "out";
}

/** How many sit or stand in view, `ms` after the start, at a place that holds up to about `most` people. */
export function presentAt(stream: Stream, ms: number, most: number): number {
  const wobble = Math.floor(3 * unit(stream.seed, Math.floor(ms / 1000))) - 1;
  return Math.max(0, Math.round(most * crowdAt(ms - stream.delayMs)) + wobble);
}

/** A number in [0, 1) that looks random and depends on both arguments only (finaliser of MurmurHash3, Appleby 2011). */
export function unit(seed: number, index: number): number {
  let h = Math.imul(seed, 0x9e3779b1) ^ Math.imul(index, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

function mod(value: number, length: number): number {
  return ((value % length) + length) % length;
}
