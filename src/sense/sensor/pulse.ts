import type { Decoded, Discard } from "./decoder.ts";
import { admit, noRate, type Rate } from "./rate.ts";

/**
 * `gpio-pulse`: one pulse of a contact, relay or light beam is one passage. The filter of ESPHome's pulse_meter in mode
 * PULSE (esphome/components/pulse_meter/pulse_filter.md, truth table):
 *
 * - a pulse begins with an active edge after which the line stays active for `debounceMs`; bounces before it do not count;
 * - the next pulse can begin only after the line stayed inactive for `debounceMs`;
 * - an edge to the level the line already has (a ghost) stands for two missed edges: it counts nothing, and the level
 *   has to hold again from there.
 *
 * That edge, the last one before the line held still, is the instant of the pulse. That it held is known only later: at
 * the next edge, or at `settlePulse`, whichever comes first. With `debounceMs: 0`, for lines that the kernel has
 * debounced already, the edge counts at once.
 */
export interface PulseOptions {
  readonly debounceMs: number;
  /** More pulses in a second are rain or sun on a beam: `too_fast`. */
  readonly maxPerSecond: number;
  /** A line that was active for longer is stuck, and nothing can be counted. */
  readonly stuckAfterMs: number;
  /** The direction that one pulse counts for. */
  readonly counts: "in" | "out";
}

/** A level of the line (after active-low) and when it was reached, in monotonic ms. */
export interface PulseEdge {
  readonly level: 0 | 1;
  readonly atMs: number;
}

export interface PulseState {
  /** The last edge; null before the first one. */
  readonly last: PulseEdge | null;
  /** The line is within a pulse that is already counted, or was active when watching began. */
  readonly latched: boolean;
  /** Since when the line has not been inactive and quiet, or null while it is. */
  readonly activeSinceMs: number | null;
  readonly rate: Rate;
}

/** Before the first edge: one to inactive then shows that the line was active all along, which counts nothing. */
export const startOfPulses: PulseState = { last: null, latched: false, activeSinceMs: null, rate: noRate };

/** The state from the level that the line had when watching began, if it is known: active then is no pulse. */
export function openPulses(level: 0 | 1 | undefined, atMs: number): PulseState {
  if (level !== 1) return startOfPulses;
  return { ...startOfPulses, last: { level, atMs }, latched: true, activeSinceMs: atMs };
}

/** Whether the line has been active for so long that nothing can be counted any more. */
export function isStuck(
  { activeSinceMs }: PulseState,
  nowMs: number,
  { stuckAfterMs }: PulseOptions,
): boolean {
  return activeSinceMs !== null && nowMs - activeSinceMs >= stuckAfterMs;
}

/** When to look again: a level will have held, or the line will have been active for too long. */
export function pulseDueMs(state: PulseState, nowMs: number, options: PulseOptions): number | null {
  const { last, latched, activeSinceMs } = state;
  if (!last) return null;
  const hasToHold = last.level === 1 ? !latched : latched || activeSinceMs !== null;
  if (hasToHold) return last.atMs + options.debounceMs;
  const stuckMs = activeSinceMs === null ? nowMs : activeSinceMs + options.stuckAfterMs;
  return stuckMs > nowMs ? stuckMs : null;
}

/** Takes one edge. Edges come in the order of their times; a time that steps back counts as the same instant. */
export function pulse(state: PulseState, edge: PulseEdge, options: PulseOptions): Decoded<PulseState> {
  const { last } = state;
  if (!last) {
    const first = { ...withEdge(state, edge), latched: edge.level === 0 };
    return options.debounceMs === 0 ? settlePulse(first, edge.atMs, options) : nothing(first);
  }
  const ghost = edge.level === last.level;
  const shaken: Discard[] = ghost || edge.atMs - last.atMs < options.debounceMs ? ["bounce"] : [];
  const before = settlePulse(state, edge.atMs, options);
  const taken = withEdge(before.state, edge);
  const after = options.debounceMs === 0 && !ghost ? settlePulse(taken, edge.atMs, options) : nothing(taken);
  return {
    state: after.state,
    readings: [...before.readings, ...after.readings],
    discarded: [...shaken, ...before.discarded, ...after.discarded],
  };
}

/** Counts the pulse whose level has held for `debounceMs` by now: when a window closes, and as often as one likes. */
export function settlePulse(state: PulseState, nowMs: number, options: PulseOptions): Decoded<PulseState> {
  const { last, latched } = state;
  if (!last || nowMs - last.atMs < options.debounceMs) return nothing(state);
  if (last.level === 0) {
    const quiet = !latched && state.activeSinceMs === null;
    return nothing(quiet ? state : { ...state, latched: false, activeSinceMs: null });
  }
  return latched ? nothing(state) : count({ ...state, latched: true }, last.atMs, options);
}

function withEdge(state: PulseState, edge: PulseEdge): PulseState {
  const activeSinceMs = state.activeSinceMs ?? (edge.level === 1 ? edge.atMs : null);
  return { ...state, last: edge, activeSinceMs };
}

function nothing(state: PulseState): Decoded<PulseState> {
  return { state, readings: [], discarded: [] };
}

function count(state: PulseState, atMs: number, options: PulseOptions): Decoded<PulseState> {
  const rate = admit(state.rate, atMs, options.maxPerSecond);
  if (!rate) return { state, readings: [], discarded: ["too_fast"] };
  const counted = { in: 0, out: 0, [options.counts]: 1 };
  return { state: { ...state, rate }, readings: [{ type: "passages", ...counted }], discarded: [] };
}
