import type { Reading } from "../../model.ts";
import type { Decoded } from "./decoder.ts";
import { admit, noRate, type Rate } from "./rate.ts";

/**
 * A distance sensor that looks across a path, used as one beam of light: broken while something stands nearer than a
 * limit, and each time that it was broken and is clear again is a passage. Something fixed has to stand behind the path,
 * nearer than the sensor can see: without an echo there is no measurement, and no measurement is neither clear nor broken.
 */
export interface DistanceBeamOptions {
  /** Nearer than this breaks the beam. */
  readonly nearerThanMetres: number;
  /** The beam is clear from so far beyond the limit on; in between it stays what it was. */
  readonly hysteresisMetres: number;
  /** Broken or clear is believed after so long, so that one odd measurement is neither. */
  readonly holdMs: number;
  /** More passages in a second are rain, snow or a branch: `too_fast`. */
  readonly maxPerSecond: number;
  /** The direction that a passage counts for. */
  readonly counts: "in" | "out";
}

/** One measurement. */
export interface Distance {
  /** Whole centimetres; 0 or less is a code for "none". */
  readonly cm: number;
  /** Strength of the echo, where the device tells it. */
  readonly strength?: number | undefined;
  /** Monotonic ms. */
  readonly atMs: number;
}

export interface DistanceBeamState {
  /** 1 broken, 0 clear, null before either was believed. */
  readonly level: 0 | 1 | null;
  /** The beam was seen to become broken: what stood in it when watching began is no passage. */
  readonly entered: boolean;
  /** Another level that has not held for long enough yet. */
  readonly pending: { readonly level: 0 | 1; readonly sinceMs: number } | null;
  /** The last measurement with a distance. */
  readonly seenMs: number | null;
  /** Since when it is broken, or null. */
  readonly brokenSinceMs: number | null;
  readonly rate: Rate;
}

export const startOfDistanceBeam: DistanceBeamState = {
  level: null,
  entered: false,
  pending: null,
  seenMs: null,
  brokenSinceMs: null,
  rate: noRate,
};

/** Two measurements farther apart say nothing about the time between them. Sensors measure 10 to 1000 times a second. */
const MAX_GAP_MS = 200;
/** A strength: the detector is flooded with light. As a distance, of the oldest sensors: no echo. */
const FLOODED = 65_535;

/** Takes one measurement, in the order of their times. */
export function distanceBeam(
  state: DistanceBeamState,
  { cm, strength, atMs }: Distance,
  options: DistanceBeamOptions,
): Decoded<DistanceBeamState> {
  const metres = metresOf(cm, strength);
  if (metres === null) return nothing({ ...state, pending: null });
  const { seenMs, level } = state;
  const follows = seenMs !== null && atMs - seenMs <= Math.max(MAX_GAP_MS, options.holdMs);
  const pending = follows ? state.pending : null;
  const now = { ...state, seenMs: Math.max(atMs, seenMs ?? atMs) };
  const wanted = levelAt(metres, level, options);
  if (wanted === null || wanted === level) return nothing({ ...now, pending: null });
  const sinceMs = pending?.level === wanted ? pending.sinceMs : atMs;
  if (atMs - sinceMs < options.holdMs) return nothing({ ...now, pending: { level: wanted, sinceMs } });
  return wanted === 1 ? broken(now, sinceMs) : clear(now, atMs, options);
}

/**
 * Whether nothing can be counted: something has been in the beam for longer than `afterMs`, or so long there was no
 * distance, as in full sun or without anything behind the path.
 * @param sinceMs when watching began
 */
export function isBeamBlocked(
  { brokenSinceMs, seenMs }: DistanceBeamState,
  nowMs: number,
  { sinceMs, afterMs }: { readonly sinceMs: number; readonly afterMs: number },
): boolean {
  const blind = nowMs - (seenMs ?? sinceMs) >= afterMs;
  return blind || (brokenSinceMs !== null && nowMs - brokenSinceMs >= afterMs);
}

/**
 * A distance, or null when there is none: TFmini sensors send -1 for a weak echo (the first of them as 65535), -4 for too
 * much light, and the strength 65535 for a flooded detector (github.com/budryerson/TFMini-Plus, getData); some send 0.
 */
function metresOf(cm: number, strength: number | undefined): number | null {
  const valid = Number.isFinite(cm) && cm > 0 && cm < FLOODED && strength !== FLOODED && strength !== 0;
  return valid ? cm / 100 : null;
}

/** What a distance says; between the two limits nothing new. */
function levelAt(
  metres: number,
  level: 0 | 1 | null,
  { nearerThanMetres, hysteresisMetres }: DistanceBeamOptions,
): 0 | 1 | null {
  if (metres < nearerThanMetres) return 1;
  return metres >= nearerThanMetres + hysteresisMetres ? 0 : level;
}

function broken(state: DistanceBeamState, sinceMs: number): Decoded<DistanceBeamState> {
  return nothing({ ...state, level: 1, entered: state.level === 0, pending: null, brokenSinceMs: sinceMs });
}

function clear(
  state: DistanceBeamState,
  atMs: number,
  { maxPerSecond, counts }: DistanceBeamOptions,
): Decoded<DistanceBeamState> {
  const now: DistanceBeamState = { ...state, level: 0, entered: false, pending: null, brokenSinceMs: null };
  if (!state.entered) return nothing(now);
  const rate = admit(state.rate, atMs, maxPerSecond);
  if (!rate) return { state: now, readings: [], discarded: ["too_fast"] };
  const counted: Reading = { type: "passages", in: 0, out: 0, [counts]: 1 };
  return { state: { ...now, rate }, readings: [counted], discarded: [] };
}

function nothing(state: DistanceBeamState): Decoded<DistanceBeamState> {
  return { state, readings: [], discarded: [] };
}
