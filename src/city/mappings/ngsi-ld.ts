import type { RepublishedRecord } from "../../contract/record.ts";
import { numbersOf, windowOf } from "./window.ts";

/**
 * FIWARE Smart Data Models, Transportation, CrowdFlowObserved, as NGSI-LD (ETSI GS CIM 009). What its schema.json fixes:
 * `peopleCount` is a whole number of at least 0; `occupancy` is a fraction of time in [0, 1], so people present never go
 * there; `direction` is inbound or outbound of the city centre, which a gateway does not know; `dateObserved` is required
 * and may be an ISO 8601 interval.
 */

const CONTEXT = [
  "https://raw.githubusercontent.com/smart-data-models/dataModel.Transportation/master/context.jsonld",
  "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld",
];

/**
 * One entity for each number, `in`, `out` or `present`: the model has one count. Its id stays the same from window to
 * window. Counts are clamped at 0 as the model demands, and stand signed beside it: sum the signed ones, for sums of
 * clamped noise grow by themselves. A number that was not measured is left out; NGSI-LD has no null.
 */
export function toNgsiLd(record: RepublishedRecord): object[] {
  return numbersOf(record).map(([name, value]) => entity(record, name, value));
}

function entity(record: RepublishedRecord, name: string, value: number | null): object {
  const { gateway, sensor, seconds, covered, quality, method, flags } = record;
  const { start, end } = windowOf(record);
  const property = (value: unknown) => ({ type: "Property", value, observedAt: end });
  const counted = name === "present" ? "peoplePresent" : "peopleCount";
  return {
    id: `urn:ngsi-ld:CrowdFlowObserved:${gateway.replaceAll("/", ":")}:${sensor}:${name}`,
    type: "CrowdFlowObserved",
    dateObserved: { type: "Property", value: `${start}/${end}` },
    dateObservedFrom: { type: "Property", value: { "@type": "DateTime", "@value": start } },
    dateObservedTo: { type: "Property", value: { "@type": "DateTime", "@value": end } },
    ...(value !== null && {
      [counted]: property(Math.max(0, value)),
      [`${counted}Signed`]: property(value),
    }),
    ...(record.kind === "occupancy" && { statistic: property(record.stat) }),
    windowSeconds: property(seconds),
    coveredSeconds: property(covered),
    quality: property(quality),
    method: property(method),
    ...(flags && { flags: property(flags) }),
    "@context": CONTEXT,
  };
}
