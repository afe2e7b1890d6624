import type { Reading } from "../../model.ts";
import { type Beam, beamEdge, brokenSince, clearBeam, settled, settlesAtMs } from "./beam.ts";
import type { Decoded, Discard } from "./decoder.ts";
import { admit, noRate, type Rate } from "./rate.ts";

/**
 * `gpio-two-beam`: two beams of light one behind the other, and which of them is broken first is the direction.
 *
 * The two levels are one of four states (a counts 1, b counts 2), and a passage is a walk around them: 0, 1, 3, 2, 0 is
 * one way and 0, 2, 3, 1, 0 the other. This is the path tracking of Roode (github.com/Lyr3x/Roode, components/roode/roode.cpp),
 * with one difference: each step is worth +1 or -1 around the circle, and at the return to 0 a sum of +4 or -4 is a
 * passage. So somebody who hesitates between the beams and then goes on is counted, and who turns back (sum 0) is not.
 */
export interface TwoBeamOptions {
  /** A level has to hold so long; 0 for lines that the kernel has debounced already. */
  readonly debounceMs: number;
  /** A passage that takes longer from the first edge to the last is not believed. */
  readonly timeoutMs: number;
  /** A beam that was not clear for longer is dirty, misaligned or dazzled: nothing can be counted. */
  readonly stuckAfterMs: number;
  /** More passages in a second are rain or sun on the beams: `too_fast`. */
  readonly maxPerSecond: number;
  /** The beam that somebody who comes in breaks first. */
  readonly in: "a-first" | "b-first";
}

export type BeamName = "a" | "b";

/** A level of a beam (1 broken, after active-low) and when it was reached, in monotonic ms. */
export interface BeamEdge {
  readonly beam: BeamName;
  readonly level: 0 | 1;
  readonly atMs: number;
}

/** Somebody is between the beams. */
interface Passage {
  readonly startMs: number;
  /** Around the circle: + as from a to b. */
  readonly steps: number;
  readonly lastMs: number;
  readonly lastBeam: BeamName;
  /** Both beams changed at once, so that nobody can say which was first. */
  readonly unclear: boolean;
}

export interface TwoBeamState {
  readonly a: Beam;
  readonly b: Beam;
  readonly passage: Passage | null;
  readonly rate: Rate;
}

export const startOfTwoBeam: TwoBeamState = { a: clearBeam, b: clearBeam, passage: null, rate: noRate };

/**
 * The state from the levels that the beams had when watching began. Who stood in them then is not counted: nobody knows
 * which beam was broken first.
 */
export function openTwoBeam(levels: { readonly [beam in BeamName]?: 0 | 1 }, atMs: number): TwoBeamState {
  const beam = (name: BeamName) => (levels[name] === 1 ? brokenSince(atMs) : clearBeam);
  const passage = { startMs: atMs, steps: 0, lastMs: atMs, lastBeam: "a", unclear: true } as const;
  const isClear = levels.a !== 1 && levels.b !== 1;
  return { ...startOfTwoBeam, a: beam("a"), b: beam("b"), passage: isClear ? null : passage };
}

/**
 * Changes of the two beams that are closer than this are at once: the kernel's debounce ends on a tick of its clock, every
 * 4 ms at 250 Hz, so that the order of closer ones says nothing. At 5 m/s it is 25 mm.
 */
export const AT_ONCE_MS = 5;

/** The states in the order of one way around. */
const CIRCLE = [0, 1, 3, 2];
const BEAMS = ["a", "b"] as const;

/** Takes one edge. Edges come in the order of their times; a time that steps back counts as the same instant. */
export function twoBeamEdge(
  state: TwoBeamState,
  { beam, level, atMs }: BeamEdge,
  options: TwoBeamOptions,
): Decoded<TwoBeamState> {
  const nowMs = Math.max(atMs, ...BEAMS.map((one) => state[one].last?.atMs ?? atMs));
  const before = settleTwoBeam(state, nowMs, options);
  const taken = beamEdge(before.state[beam], { level, atMs: nowMs }, options.debounceMs);
  const after = settleTwoBeam({ ...before.state, [beam]: taken.beam }, nowMs, options);
  return {
    state: after.state,
    readings: [...before.readings, ...after.readings],
    discarded: [...taken.discarded, ...before.discarded, ...after.discarded],
  };
}

/** Believes the levels that have held for `debounceMs` by now, in the order of their edges. */
export function settleTwoBeam(
  state: TwoBeamState,
  nowMs: number,
  options: TwoBeamOptions,
): Decoded<TwoBeamState> {
  const readings: Reading[] = [];
  const discarded: Discard[] = [];
  let now = state;
  for (let next = nextToSettle(now, options); next && next.atMs <= nowMs; next = nextToSettle(now, options)) {
    const changed = change(now, next.beam, options);
    now = changed.state;
    readings.push(...changed.readings);
    discarded.push(...changed.discarded);
  }
  return { state: now, readings, discarded };
}

/** Whether a beam has not been clear for so long that nothing can be counted any more. */
export function isBlocked({ a, b }: TwoBeamState, nowMs: number, { stuckAfterMs }: TwoBeamOptions): boolean {
  return [a, b].some(({ awaySinceMs }) => awaySinceMs !== null && nowMs - awaySinceMs >= stuckAfterMs);
}

/** When to look again: a level will have held, or a beam will have been away for too long. */
export function twoBeamDueMs(state: TwoBeamState, nowMs: number, options: TwoBeamOptions): number | null {
  const settles = nextToSettle(state, options)?.atMs ?? Number.POSITIVE_INFINITY;
  const stuck = BEAMS.map((beam) => state[beam].awaySinceMs)
    .filter((sinceMs) => sinceMs !== null)
    .map((sinceMs) => sinceMs + options.stuckAfterMs)
    .filter((dueMs) => dueMs > nowMs);
  const dueMs = Math.min(settles, ...stuck);
  return dueMs === Number.POSITIVE_INFINITY ? null : dueMs;
}

/** The beam whose level is believed next, and when. */
function nextToSettle(
  state: TwoBeamState,
  { debounceMs }: TwoBeamOptions,
): { readonly beam: BeamName; readonly atMs: number } | null {
  const [a, b] = [settlesAtMs(state.a, debounceMs), settlesAtMs(state.b, debounceMs)];
  if (a !== null && (b === null || a <= b)) return { beam: "a", atMs: a };
  return b === null ? null : { beam: "b", atMs: b };
}

function change(state: TwoBeamState, beam: BeamName, options: TwoBeamOptions): Decoded<TwoBeamState> {
  const now = { ...state, [beam]: settled(state[beam]) };
  const step = stepBetween(stateOf(state), stateOf(now));
  const atMs = state[beam].last?.atMs ?? 0;
  if (step === 0) return { state: now, readings: [], discarded: [] };
  const passage = move(state.passage, step, { beam, atMs });
  if (stateOf(now) !== 0) return { state: { ...now, passage }, readings: [], discarded: [] };
  return finish({ ...now, passage: null }, passage, options);
}

function move(passage: Passage | null, step: number, { beam, atMs }: Omit<BeamEdge, "level">): Passage {
  if (!passage) return { startMs: atMs, steps: step, lastMs: atMs, lastBeam: beam, unclear: false };
  const atOnce = passage.lastBeam !== beam && atMs - passage.lastMs < AT_ONCE_MS;
  return {
    ...passage,
    steps: passage.steps + step,
    lastMs: atMs,
    lastBeam: beam,
    unclear: passage.unclear || atOnce,
  };
}

/** Both beams are clear again. */
function finish(state: TwoBeamState, passage: Passage, options: TwoBeamOptions): Decoded<TwoBeamState> {
  const { steps, unclear, startMs, lastMs } = passage;
  const late = lastMs - startMs > options.timeoutMs;
  if (unclear || (steps !== 0 && late)) return { state, readings: [], discarded: ["ambiguous"] };
  if (steps === 0) return { state, readings: [], discarded: [] };
  const rate = admit(state.rate, lastMs, options.maxPerSecond);
  if (!rate) return { state, readings: [], discarded: ["too_fast"] };
  const entered = steps > 0 === (options.in === "a-first");
  const counted: Reading = { type: "passages", in: entered ? 1 : 0, out: entered ? 0 : 1 };
  return { state: { ...state, rate }, readings: [counted], discarded: [] };
}

function stateOf({ a, b }: TwoBeamState): number {
  return a.level + 2 * b.level;
}

/** +1 or -1 around the circle, 0 without a change. One beam changes at a time, so there is no other step. */
function stepBetween(from: number, to: number): number {
  const way = (CIRCLE.indexOf(to) - CIRCLE.indexOf(from) + 4) % 4;
  return way === 3 ? -1 : way;
}
