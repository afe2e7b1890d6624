import type { ProfileSettings } from "../../config/profile.ts";
import type { Decoded } from "./decoder.ts";
import { type Engine, NOTHING, type Step } from "./engine.ts";
import {
  isStuck,
  openPulses,
  type PulseOptions,
  type PulseState,
  pulse,
  pulseDueMs,
  settlePulse,
  startOfPulses,
} from "./pulse.ts";

/** What the profile calls its one line. */
const LINE = "pulse";

/**
 * The options of a pulse line from the settings of a sensor; where the profile has no such setting, what suits a doorway.
 * @param debounceMs 0 where the kernel debounces the line
 */
export function pulseOptions(
  { counts, maxPerSecond, stuckAfterMs }: ProfileSettings,
  debounceMs: number,
): PulseOptions {
  return {
    debounceMs,
    maxPerSecond: typeof maxPerSecond === "number" ? maxPerSecond : 10,
    stuckAfterMs: typeof stuckAfterMs === "number" ? stuckAfterMs : 60_000,
    counts: counts === "out" ? "out" : "in",
  };
}

/** A contact or a light beam on one GPIO line: each pulse is a passage. */
export function pulseEngine(options: PulseOptions): Engine {
  let state: PulseState = startOfPulses;
  let lastMs = 0;
  const take = ({ state: next, readings, discarded }: Decoded<PulseState>, atMs: number): Step => {
    state = next;
    lastMs = Math.max(lastMs, atMs);
    return { readings, discarded, send: [] };
  };
  return {
    get condition() {
      return isStuck(state, lastMs, options) ? "blocked" : "working";
    },
    get dueMs() {
      return pulseDueMs(state, lastMs, options);
    },
    opened(atMs, levels = {}) {
      state = openPulses(levels[LINE], atMs);
      lastMs = atMs;
      return NOTHING;
    },
    bytes: () => NOTHING,
    edge: (_name, level, atMs) => take(pulse(state, { level, atMs }, options), atMs),
    tick: (atMs) => take(settlePulse(state, atMs, options), atMs),
  };
}
