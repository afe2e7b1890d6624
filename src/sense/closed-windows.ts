import type { RandomBytes } from "../base/random.ts";
import type { Window } from "../model.ts";
import { release } from "./guard/release.ts";
import type { ClosedWindows } from "./unsealed.ts";

/** Draws the noise for windows that closed together, once, and parts them by length, the shortest first. */
export function closedWindows(
  windows: readonly Window[],
  common: Omit<ClosedWindows, "seconds" | "outputs" | "records">,
  random: RandomBytes,
): ClosedWindows[] {
  const lengths = [...new Set(windows.map(({ output }) => output.seconds))].sort((a, b) => a - b);
  return lengths.map((seconds) => {
    const mine = windows.filter(({ output }) => output.seconds === seconds);
    return {
      ...common,
      seconds,
      outputs: mine.map(({ output }) => output),
      records: mine.map((window) => release(window, common.privacy, random)),
    };
  });
}

/** Times of a clock that was never set are no times. */
export function withoutSince(window: Window): Window {
  return window.sinceMs === undefined ? window : { ...window, sinceMs: null };
}
