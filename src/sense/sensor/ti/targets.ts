import type { TrackPoint } from "../../../model.ts";
import type { Discard } from "../decoder.ts";
import { TARGET_BYTES, type TargetList } from "./tlvs.ts";

/** Farther than any of these radars reaches (the long-range set-up of the maker goes to 100 m). */
const MAX_METRES = 150;
/** Faster than anything the firmware tracks as a person; a value beyond it is damage. */
const MAX_METRES_PER_SECOND = 50;

/**
 * Reads a target list: records of u32 track id, then float32 position x, y, z (m), velocity x, y, z (m/s), acceleration,
 * covariance and confidence. Only id, x and y leave it. One impossible number means that the body is damaged, and then
 * nothing of it is believed: a list without one of its people would be a wrong count.
 */
export function readTargets(view: DataView, { at, count }: TargetList): readonly TrackPoint[] | Discard {
  const points: TrackPoint[] = [];
  const ids = new Set<number>();
  for (let record = at; record < at + count * TARGET_BYTES; record += TARGET_BYTES) {
    if (!isPossible(view, record)) return "out_of_range";
    const id = view.getUint32(record, true);
    points.push({
      id: String(id),
      x: view.getFloat32(record + 4, true),
      y: view.getFloat32(record + 8, true),
    });
    ids.add(id);
  }
  return ids.size === count ? points : "wrong_form";
}

/** Also false for NaN. */
function isPossible(view: DataView, record: number): boolean {
  const within = (from: number, max: number) =>
    [0, 4, 8].every((step) => Math.abs(view.getFloat32(record + from + step, true)) <= max);
  return within(4, MAX_METRES) && within(16, MAX_METRES_PER_SECOND);
}
