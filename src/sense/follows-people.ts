import { totalsOf } from "../config/outputs.ts";
import type { SensorConfig } from "../config/schema.ts";

/** Comes with passages or crowding. */
const WITH_PEOPLE: ReadonlySet<string> = new Set([
  "wrap",
  "spike",
  "too_fast",
  "bounce",
  "ambiguous",
  "unknown_class",
]);
/** A crowd takes a counter of few digits more than half the way round: then it seems to run another course. */
const WITH_A_ROUND: ReadonlySet<string> = new Set(["reset", "backwards", "second_counter"]);

/** Whether a trouble may be people's doing: then it may show in a sealed flag only, never in a status (P9). */
export function followsPeople(sensor: SensorConfig, why: string): boolean {
  return WITH_PEOPLE.has(why) || (WITH_A_ROUND.has(why) && totalsOf(sensor)?.bits !== undefined);
}
