import type { Walker } from "../simulators/scene.ts";
import { crowdAt, unit } from "./crowd.ts";

/**
 * When in the five seconds of a window somebody may pass, ms. Every device then agrees on who passed in which window, and
 * on how many were in view: nobody passes, comes or goes near the end of a window, no two stand in one beam, and no more
 * than three are in view, for at least 400 ms.
 */
const PASSES_MS = [1250, 2000, 2800, 3500, 4200];
const WINDOW_MS = 5_000;
/** People walk past in two seconds, from one of these heights to the other, metres. */
const HALF_WALK_MS = 1_000;
const NEAR = 0.6;
const FAR = 3.4;
/** So far apart that nobody is taken for the other one. */
const LANES = [-0.9, 0, 0.9];

/**
 * People for all simulated devices, the same ones each time.
 * @param fromMs start of a window on the clock of the devices
 * @param forMs how long they walk; everybody has gone by then
 */
export function walkersFor(seed: number, fromMs: number, forMs: number): Walker[] {
  return Array.from({ length: Math.ceil(forMs / WINDOW_MS) }, (_, window) =>
    PASSES_MS.flatMap((passMs, place) => {
      const index = window * PASSES_MS.length + place;
      const afterMs = window * WINDOW_MS + passMs;
      const isThere = unit(seed, index) < 0.3 + 0.6 * crowdAt(afterMs);
      const fits = afterMs >= HALF_WALK_MS && afterMs + HALF_WALK_MS <= forMs;
      return isThere && fits ? [walker(seed, index, fromMs + afterMs)] : [];
    }),
  ).flat();
}

function walker(seed: number, index: number, atMs: number): Walker {
  const lane = LANES[index % LANES.length] ?? 0;
  const inward = unit(seed + 1, index) < 0.6;
  const [from, to] = inward ? [NEAR, FAR] : [FAR, NEAR];
  return { fromMs: atMs - HALF_WALK_MS, untilMs: atMs + HALF_WALK_MS, from: [lane, from], to: [lane, to] };
}
