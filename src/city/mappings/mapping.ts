import type { RepublishedRecord } from "../../contract/record.ts";
import { CSV_HEADER, toCsv } from "./csv.ts";
import { localTime } from "./local-time.ts";
import { toNgsiLd } from "./ngsi-ld.ts";
import { toSensorThings } from "./sensorthings.ts";

/** Forms in which records can be printed instead of their own. */
export const MAPPING_NAMES = ["ngsi-ld", "sensorthings", "csv"] as const;
export type MappingName = (typeof MAPPING_NAMES)[number];

/** Records in another form. Pure: the same record gives the same lines. */
export interface Mapping {
  /** Stands before the first line, null when there is none. */
  readonly header: string | null;
  lines(record: RepublishedRecord): string[];
}

/**
 * @param zone of the IANA database; only CSV has local time
 * @throws RangeError when there is no such zone
 */
export function mappingOf(name: MappingName, zone: string): Mapping {
  if (name === "csv") {
    const local = localTime(zone);
    return { header: CSV_HEADER, lines: (record) => toCsv(record, local) };
  }
  const map = name === "ngsi-ld" ? toNgsiLd : toSensorThings;
  return { header: null, lines: (record) => map(record).map((one) => JSON.stringify(one)) };
}
