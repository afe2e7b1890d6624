import type { RandomBytes } from "../base/random.ts";
import type { Window } from "../model.ts";
import type { Derivation } from "./derive/derivation.ts";
import { release } from "./guard/release.ts";
import type { ClosedWindows } from "./unsealed.ts";

/** What noise is drawn with, and what is made of noised records. */
interface Closing {
  readonly random: RandomBytes;
  readonly derivation: Derivation;
}

/**
 * Draws the noise for windows that closed together, once, and parts them by length, the shortest first. Totals and levels
 * are made behind the noise.
 */
export function closedWindows(
  windows: readonly Window[],
  common: Omit<ClosedWindows, "seconds" | "outputs" | "records">,
  { random, derivation }: Closing,
): ClosedWindows[] {
  const lengths = [...new Set(windows.map(({ output }) => output.seconds))].sort((a, b) => a - b);
  return lengths.map((seconds) => {
    const mine = windows.filter(({ output }) => output.seconds === seconds);
    const records = mine.map((window) => release(window, common.privacy, random));
    const derived = derivation.from(records, seconds);
    const outputs = [...mine.map(({ output }) => output), ...derived.outputs];
    return { ...common, seconds, outputs, records: [...records, ...derived.records] };
  });
}

/** Times of a clock that was never set are no times. */
export function withoutSince(window: Window): Window {
  return window.sinceMs === undefined ? window : { ...window, sinceMs: null };
}
