import type { RepublishedRecord } from "../../contract/record.ts";
import { leavesOf } from "../../contract/values.ts";
import { windowOf } from "./window.ts";

/**
 * OGC SensorThings API 1.1 (OGC 18-088), Observations: one for each number that was measured, ready to be posted. The
 * result is signed, as it came; that of a level is its word. What was not measured is no Observation, for a result is mandatory.
 */
export function toSensorThings(record: RepublishedRecord): object[] {
  const { start, end } = windowOf(record);
  const { gateway, sensor, seconds, covered, quality, method, of, flags, since, epoch, seq } = record;
  const parameters = {
    ...{ seconds, covered, quality, method },
    ...(record.kind === "occupancy" && { stat: record.stat }),
    ...(of && { of }),
    ...(flags && { flags }),
    ...(since !== undefined && { since }),
    ...{ epoch, seq },
  };
  return leavesOf(record.value)
    .filter(([, result]) => result !== null)
    .map(([path, result]) => ({
      phenomenonTime: `${start}/${end}`,
      resultTime: end,
      result,
      parameters,
      Datastream: { "@iot.id": `${[gateway, sensor, ...path].join("/")}` },
    }));
}
