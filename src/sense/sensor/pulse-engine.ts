import type { ProfileSettings } from "../../config/profile.ts";
import type { Decoded } from "./decoder.ts";
import { type Engine, NOTHING, type Step } from "./engine.ts";
import { type PulseOptions, type PulseState, pulse, settlePulse, startOfPulses } from "./pulse.ts";

/**
 * The options of a pulse line from the settings of a sensor; where the profile has no such setting, what suits a doorway.
 * @param debounceMs 0 where the kernel debounces the line
 */
export function pulseOptions({ counts, maxPerSecond }: ProfileSettings, debounceMs: number): PulseOptions {
  return {
    debounceMs,
    maxPerSecond: typeof maxPerSecond === "number" ? maxPerSecond : 10,
    counts: counts === "out" ? "out" : "in",
  };
}

/** A contact or a light beam on one GPIO line: each pulse is a passage. */
export function pulseEngine(options: PulseOptions): Engine {
  let state: PulseState = startOfPulses;
  const take = ({ state: next, readings, discarded }: Decoded<PulseState>): Step => {
    state = next;
    return { readings, discarded, send: [] };
  };
  return {
    condition: "working",
    get dueMs() {
      // A level that has not held yet counts when it has, whether or not another edge comes.
      const waits = state.last !== null && state.last.level === 1 && !state.latched;
      return waits && state.last ? state.last.atMs + options.debounceMs : null;
    },
    opened: () => NOTHING,
    bytes: () => NOTHING,
    edge: (_name, level, atMs) => take(pulse(state, { level, atMs }, options)),
    tick: (atMs) => take(settlePulse(state, atMs, options)),
  };
}
