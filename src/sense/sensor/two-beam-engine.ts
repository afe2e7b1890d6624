import type { ProfileSettings } from "../../config/profile.ts";
import type { Decoded } from "./decoder.ts";
import { type Engine, NOTHING, type Step } from "./engine.ts";
import {
  isBlocked,
  openTwoBeam,
  settleTwoBeam,
  startOfTwoBeam,
  type TwoBeamOptions,
  type TwoBeamState,
  twoBeamDueMs,
  twoBeamEdge,
} from "./two-beam.ts";

/**
 * The options of two beams from the settings of a sensor; where the profile has no such setting, what suits a doorway.
 * @param debounceMs 0 where the kernel debounces the lines
 */
export function twoBeamOptions(settings: ProfileSettings, debounceMs: number): TwoBeamOptions {
  const number = (key: string, without: number) => {
    const value = settings[key];
    return typeof value === "number" ? value : without;
  };
  return {
    debounceMs,
    timeoutMs: number("timeoutMs", 5000),
    stuckAfterMs: number("stuckAfterMs", 60_000),
    maxPerSecond: number("maxPerSecond", 4),
    in: settings.in === "b-first" ? "b-first" : "a-first",
  };
}

/** Two light beams on the GPIO lines `a` and `b`: counts passages each way. Edges of other lines mean nothing here. */
export function twoBeamEngine(options: TwoBeamOptions): Engine {
  let state: TwoBeamState = startOfTwoBeam;
  let lastMs = 0;
  const take = ({ state: next, readings, discarded }: Decoded<TwoBeamState>, atMs: number): Step => {
    state = next;
    lastMs = Math.max(lastMs, atMs);
    return { readings, discarded, send: [] };
  };
  return {
    get condition() {
      return isBlocked(state, lastMs, options) ? "blocked" : "working";
    },
    get dueMs() {
      return twoBeamDueMs(state, lastMs, options);
    },
    opened: (atMs, levels = {}) => {
      state = openTwoBeam(levels, atMs);
      lastMs = atMs;
      return NOTHING;
    },
    bytes: () => NOTHING,
    edge: (name, level, atMs) =>
      name === "a" || name === "b"
        ? take(twoBeamEdge(state, { beam: name, level, atMs }, options), atMs)
        : NOTHING,
    tick: (atMs) => take(settleTwoBeam(state, atMs, options), atMs),
  };
}
