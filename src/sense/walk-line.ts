import { TelpostError } from "../base/errors.ts";
import type { Feed } from "./feed.ts";

/**
 * The counting line that somebody wants to walk over, and the sensor behind it.
 * @throws TelpostError walk.unknown_sensor, walk.no_flow, walk.which_line, walk.sensor_down
 */
export function lineToWalk(
  feeds: readonly Feed[],
  { sensor, line }: { readonly sensor: string; readonly line?: string },
): { readonly feed: Feed; readonly line: string } {
  const feed = feeds.find((one) => one.sensor.id === sensor);
  if (!feed) throw new TelpostError("walk.unknown_sensor", feeds.map((one) => one.sensor.id).join(", "));
  const lines = feed.outputs.filter(({ kind }) => kind === "flow").map(({ id }) => id);
  const [only] = lines;
  if (only === undefined) throw new TelpostError("walk.no_flow", sensor);
  const wanted = line ?? (lines.length === 1 ? only : undefined);
  if (wanted === undefined || !lines.includes(wanted))
    throw new TelpostError("walk.which_line", lines.join(", "));
  if (!feed.isOpen) throw new TelpostError("walk.sensor_down", sensor);
  return { feed, line: wanted };
}
