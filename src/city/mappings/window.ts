import type { RepublishedRecord } from "../../contract/record.ts";
import { rfc3339 } from "../../contract/windows.ts";

/** The window of a record, [start, end): ms since the Unix epoch, and RFC 3339 UTC. */
export function windowOf({ end, seconds }: RepublishedRecord) {
  const endMs = Date.parse(end);
  const startMs = endMs - seconds * 1000;
  return { startMs, endMs, start: rfc3339(startMs), end };
}
