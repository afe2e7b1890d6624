import type { RepublishedRecord } from "../../contract/record.ts";
import { leavesOf } from "../../contract/values.ts";
import { windowOf } from "./window.ts";

/**
 * FIWARE Smart Data Models, Transportation, CrowdFlowObserved, as NGSI-LD (ETSI GS CIM 009). What its schema.json fixes:
 * `peopleCount` is a whole number of at least 0; `occupancy` is a fraction of time in [0, 1], so people present never go
 * there; `direction` is inbound or outbound of the city centre, which a gateway does not know; `dateObserved` is required
 * and may be an ISO 8601 interval.
 */

type Leaf = ReturnType<typeof leavesOf>[number][1];

const CONTEXT = [
  "https://raw.githubusercontent.com/smart-data-models/dataModel.Transportation/master/context.jsonld",
  "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld",
];

/**
 * One entity for each number, `in`, `out` or `present`, of each class: the model has one count. A level is an entity too. Its id stays the same from window to
 * window. Counts are clamped at 0 as the model demands, and stand signed beside it: sum the signed ones, for sums of
 * clamped noise grow by themselves. A number that was not measured is left out; NGSI-LD has no null.
 */
export function toNgsiLd(record: RepublishedRecord): object[] {
  return leavesOf(record.value).map(([path, leaf]) => entity(record, path, leaf));
}

function entity(record: RepublishedRecord, path: readonly string[], leaf: Leaf): object {
  const { gateway, sensor, seconds, covered, quality, method, of, flags } = record;
  const { start, end } = windowOf(record);
  const property = (value: unknown) => ({ type: "Property", value, observedAt: end });
  const counted = path.includes("present") ? "peoplePresent" : "peopleCount";
  return {
    id: `urn:ngsi-ld:CrowdFlowObserved:${gateway.replaceAll("/", ":")}:${[sensor, ...path].join(":")}`,
    type: "CrowdFlowObserved",
    dateObserved: { type: "Property", value: `${start}/${end}` },
    dateObservedFrom: { type: "Property", value: { "@type": "DateTime", "@value": start } },
    dateObservedTo: { type: "Property", value: { "@type": "DateTime", "@value": end } },
    ...(typeof leaf === "number" && {
      [counted]: property(Math.max(0, leaf)),
      [`${counted}Signed`]: property(leaf),
    }),
    ...(typeof leaf === "string" && { crowdLevel: property(leaf) }),
    ...(path.length > 1 && { countedClass: property(path[0]) }),
    ...(record.kind === "occupancy" && { statistic: property(record.stat) }),
    windowSeconds: property(seconds),
    coveredSeconds: property(covered),
    quality: property(quality),
    method: property(method),
    ...(of && { computedFrom: property(of) }),
    ...(flags && { flags: property(flags) }),
    "@context": CONTEXT,
  };
}
