import type { TiTarget } from "../../src/simulators/ti-frames.ts";

/** What a reader should make of a frame. */
export function readingsOf(targets: readonly TiTarget[]): unknown[] {
  const points = targets.map(({ id, x, y }) => ({ id: String(id), x: Math.fround(x), y: Math.fround(y) }));
  return [{ type: "tracks", points, whole: true }];
}
