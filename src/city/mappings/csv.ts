import type { RepublishedRecord } from "../../contract/record.ts";
import type { LocalTime } from "./local-time.ts";
import { windowOf } from "./window.ts";

/** The first line. Times are local, with their offset; `end_utc` sorts and never comes twice. */
export const CSV_HEADER =
  "gateway,sensor,kind,start,end,end_utc,seconds,covered,in,out,present,stat,quality,method,flags,since";

/** One row for each record (RFC 4180; nothing in it needs quotes). Signed numbers; an empty cell was not measured or does not apply. */
export function toCsv(record: RepublishedRecord, local: LocalTime): string {
  const { gateway, sensor, kind, seconds, covered, quality, method, flags = [], since } = record;
  const { startMs, endMs, end } = windowOf(record);
  const flow = record.kind === "flow" ? record.value : { in: null, out: null };
  const [present, stat] = record.kind === "occupancy" ? [record.value.present, record.stat] : [null, null];
  const times = [local(startMs), local(endMs), end, seconds, covered];
  const sinceLocal = since ? local(Date.parse(since)) : null;
  const cells = [gateway, sensor, kind, ...times, flow.in, flow.out, present, stat, quality, method];
  return [...cells, flags.join(" "), sinceLocal].map((cell) => cell ?? "").join(",");
}
