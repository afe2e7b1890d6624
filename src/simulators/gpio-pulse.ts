import { edgesOf, type LineEdge } from "./edges.ts";
import { passagesOf, type Walker } from "./scene.ts";

export interface PulseLineOptions {
  /** The height that is watched, in metres. */
  readonly y?: number;
  /** How long the contact stays closed. Passages that are closer than this are one pulse. */
  readonly pulseMs?: number;
  readonly bounceMs?: number;
}

/** A contact that closes at each passage, whichever way: the edges of the line `pulse`, in order of time. */
export function gpioPulse(scene: readonly Walker[], options: PulseLineOptions = {}): LineEdge[] {
  const { y = 2, pulseMs = 100, bounceMs = 0 } = options;
  const pulses = passagesOf(scene, y).map(({ atMs }) => ({ fromMs: atMs, untilMs: atMs + pulseMs }));
  return edgesOf("pulse", pulses, bounceMs);
}
