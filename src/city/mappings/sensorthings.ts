import type { RepublishedRecord } from "../../contract/record.ts";
import { numbersOf, windowOf } from "./window.ts";

/**
 * OGC SensorThings API 1.1 (OGC 18-088), Observations: one for each number that was measured, ready to be posted. The
 * result is signed, as it came. What was not measured is no Observation, for a result is mandatory.
 */
export function toSensorThings(record: RepublishedRecord): object[] {
  const { start, end } = windowOf(record);
  const { gateway, sensor, seconds, covered, quality, method, flags, since, epoch, seq } = record;
  const parameters = {
    ...{ seconds, covered, quality, method },
    ...(record.kind === "occupancy" && { stat: record.stat }),
    ...(flags && { flags }),
    ...(since !== undefined && { since }),
    ...{ epoch, seq },
  };
  return numbersOf(record)
    .filter(([, result]) => result !== null)
    .map(([name, result]) => ({
      phenomenonTime: `${start}/${end}`,
      resultTime: end,
      result,
      parameters,
      Datastream: { "@iot.id": `${gateway}/${sensor}/${name}` },
    }));
}
