import { type Active, edgesOf, type LineEdge } from "./edges.ts";
import type { Walker } from "./scene.ts";

export interface TwoBeamLineOptions {
  /** The height midway between the beams, in metres: `a` lies below it, `b` above. */
  readonly y?: number;
  /** From one beam to the other, in metres. */
  readonly gap?: number;
  /** How deep a body is in the direction of its walk, in metres. */
  readonly body?: number;
  readonly bounceMs?: number;
  /** A leaf on a beam, or its cable cut. */
  readonly stuck?: Active & { readonly name: "a" | "b" };
}

/**
 * Two light beams one behind the other, light-on (1 is broken): the edges of the lines `a` and `b`, in order of time. A
 * beam is broken while any part of a body is in it.
 */
export function gpioTwoBeam(scene: readonly Walker[], options: TwoBeamLineOptions = {}): LineEdge[] {
  const { y = 2, gap = 0.07, body = 0.3, bounceMs = 0, stuck } = options;
  const beam = (name: "a" | "b", at: number) => {
    const broken = scene.flatMap((walker) => within(walker, at - body / 2, at + body / 2));
    return edgesOf(name, stuck?.name === name ? [...broken, stuck] : broken, bounceMs);
  };
  return [...beam("a", y - gap / 2), ...beam("b", y + gap / 2)].sort((one, other) => one.atMs - other.atMs);
}

/** While the middle of a body is between two heights. */
function within({ fromMs, untilMs, from, to }: Walker, low: number, high: number): Active[] {
  if (from[1] === to[1]) return from[1] >= low && from[1] <= high ? [{ fromMs, untilMs }] : [];
  const timeAt = (y: number) => fromMs + ((y - from[1]) / (to[1] - from[1])) * (untilMs - fromMs);
  const [one, other] = [timeAt(low), timeAt(high)];
  const span = {
    fromMs: Math.max(fromMs, Math.min(one, other)),
    untilMs: Math.min(untilMs, Math.max(one, other)),
  };
  return span.fromMs < span.untilMs ? [span] : [];
}
