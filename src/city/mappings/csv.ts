import type { RepublishedRecord } from "../../contract/record.ts";
import { byClass } from "../../contract/values.ts";
import type { LocalTime } from "./local-time.ts";
import { windowOf } from "./window.ts";

/** The first line. Times are local, with their offset; `end_utc` sorts and never comes twice. */
export const CSV_HEADER =
  "gateway,sensor,kind,start,end,end_utc,seconds,covered,class,in,out,present,stat,level,quality,method,of,flags,since";

/** One row for each record, and with classes for each of them (RFC 4180; nothing in it needs quotes). Signed numbers; an empty cell was not measured or does not apply. */
export function toCsv(record: RepublishedRecord, local: LocalTime): string[] {
  const { gateway, sensor, kind, seconds, covered, quality, method, flags = [], of = [], since } = record;
  const { startMs, endMs, end } = windowOf(record);
  const head = [gateway, sensor, kind, local(startMs), local(endMs), end, seconds, covered];
  const tail = [quality, method, of.join(" "), flags.join(" "), since ? local(Date.parse(since)) : null];
  const stat = record.kind === "occupancy" ? record.stat : null;
  return byClass(record.value).map(([name, numbers]) => {
    const cells = { in: null, out: null, present: null, level: null, ...numbers };
    const { in: entered, out: left, present, level } = cells;
    const row = [...head, name, entered, left, present, stat, level, ...tail];
    return row.map((cell) => cell ?? "").join(",");
  });
}
