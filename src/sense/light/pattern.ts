import { type DeliveryState, LIGHT_BLINKS, type LightSign } from "../../model.ts";

/** All that the light may depend on: what health tells anyway, and no number of anything (P9). */
export interface LightStates {
  /** Every sensor is connected and works. */
  readonly sensorsUp: boolean;
  readonly clockSynced: boolean;
  /** By the word of forward; null when it is away or says nothing. */
  readonly delivery: DeliveryState | null;
  /** False while closed windows wait to be sealed, such as for a city key. */
  readonly sealing: boolean;
}

/** One part of a pattern. */
export interface Phase {
  readonly level: 0 | 1;
  readonly ms: number;
}

/** Long enough to count without a watch, and much shorter than the beat. */
const BLINK: readonly Phase[] = [
  { level: 1, ms: 300 },
  { level: 0, ms: 400 },
];
/** Ends the count: no gap between two blinks comes near it. */
const PAUSE: Phase = { level: 0, ms: 2_000 };
const BEAT: readonly Phase[] = [
  { level: 1, ms: 1_500 },
  { level: 0, ms: 1_500 },
];

/**
 * The one thing to see to first. A sensor that is not up loses passages, all else only delays them; the clock comes before
 * the broker, whose certificate it judges, and the broker before what waits for it. With forward away the broker and the
 * backlog are not known.
 */
export function signOf({ sensorsUp, clockSynced, delivery, sealing }: LightStates): LightSign {
  if (!sensorsUp) return "sensor";
  if (!clockSynced) return "clock";
  if (delivery === null) return "forward";
  if (delivery === "broker") return "broker";
  return delivery === "backlog" || !sealing ? "backlog" : "well";
}

/**
 * One turn of the light, ended by an end of light, so that turns can follow each other. Every pattern changes at least
 * every 2.4 s: a light that stands still, lit or dark, is no pattern.
 */
export function patternOf(sign: LightSign): readonly Phase[] {
  if (sign === "well") return BEAT;
  return [...Array.from({ length: LIGHT_BLINKS[sign] }, () => BLINK).flat(), PAUSE];
}
