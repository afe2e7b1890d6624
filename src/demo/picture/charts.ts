import { SENSORS } from "../sensors.ts";
import { FLOW_SECONDS } from "../site-files.ts";
import type { OpenedRecord } from "../story.ts";
import { bars } from "./bars.ts";

const NAME_WIDTH = 12;
const VALUE_WIDTH = 7;
/** Fewer people than this never fill the height. */
const AT_LEAST = 6;

/** Published sums over time, newest at the right: one chart an output, one column for every five seconds. Tall ones stand apart. */
export function charts(records: readonly OpenedRecord[], columns: number, height: number): string[] {
  const width = Math.max(1, columns - NAME_WIDTH - VALUE_WIDTH);
  const lastEndMs = records[0]?.endMs ?? 0;
  return SENSORS.flatMap(({ output }) => {
    const own = records.filter(({ sensor }) => sensor === output);
    const values = series(own, lastEndMs, width);
    const rows = bars(values, height, AT_LEAST);
    const newest = own[0] && sumOf(own[0]);
    const drawn = rows.map((row, at) => {
      const bottom = at === height - 1;
      const value = bottom && newest !== undefined ? String(newest ?? "?") : "";
      return `${(bottom ? output : "").padEnd(NAME_WIDTH)}${row}${value.padStart(VALUE_WIDTH)}`;
    });
    return height > 1 ? [...drawn, ""] : drawn;
  });
}

/** A value for each five seconds; a longer window fills several columns. */
function series(records: readonly OpenedRecord[], lastEndMs: number, width: number): (number | null)[] {
  const step = FLOW_SECONDS * 1000;
  const byEnd = new Map<number, number | null>();
  for (const record of records) {
    for (let at = 0; at < record.seconds * 1000; at += step) byEnd.set(record.endMs - at, sumOf(record));
  }
  return Array.from({ length: width }, (_, at) => byEnd.get(lastEndMs - (width - 1 - at) * step) ?? null);
}

function sumOf({ published }: OpenedRecord): number | null {
  if (!published) return null;
  return "in" in published ? published.in + published.out : published.present;
}
