import { blank, dim, fitted, type Line, plain, type Size, title } from "../../base/lines.ts";
import type { OpenedRecord } from "../story.ts";
import type { SensorView, View } from "../view.ts";
import { signed } from "../words.ts";
import { flowLines, header } from "./picture.ts";

/** What the terminal shows with a device for every profile. Made for 80 x 24 and more. */
export function devicesPicture(view: View, size: Size): Line[] {
  const { passages } = view.totals;
  const difference = signed(passages.published - passages.truth);
  const lines = [
    ...header(view, size.columns),
    title(HEAD),
    ...view.sensors.map((sensor) => plain(sensorRow(sensor))),
    plain(
      `Passages: ${passages.truth} true, ${passages.published} at the city (${difference}; noise has a deviation of ${passages.expectedSd.toFixed(1)})`,
    ),
    dim("* asked every few seconds: its passages may come one window later than they are."),
    dim("tfmini counts both ways as in, ops243 who comes nearer, terabee after its first."),
    blank,
    ...flowLines(view),
  ];
  return fitted(lines, size);
}

/** The same sums as lines, for the end; none for the generic sensors. */
export function totalLines(sensors: readonly SensorView[], everythingAsked: boolean): string[] {
  const known = sensors.filter(({ status }) => status !== null);
  if (known.length === 0) return [];
  const owed = known.some(({ askedEverySeconds }) => askedEverySeconds !== null) && !everythingAsked;
  return [
    HEAD,
    ...known.map(sensorRow),
    ...(owed ? ["* ended before it was asked for its last passages."] : []),
  ];
}

function sensorRow({ id, status, link, askedEverySeconds, sums, present }: SensorView): string {
  const name = `${id}${askedEverySeconds === null ? "" : " *"}`;
  const { truth, published } = sums ?? { truth: null, published: null };
  const numbers = [truth?.in, truth?.out, published?.in, published?.out].map((value) => String(value ?? "-"));
  return row([name, status ?? "", link ?? "-", ...numbers, view(present)]);
}

function view(record: OpenedRecord | null): string {
  const of = (value: OpenedRecord["truth"]) => (value && "present" in value ? String(value.present) : "?");
  return record ? `true ${of(record.truth)}, ${of(record.published)}` : "-";
}

function row([id = "", status = "", link = "", ...cells]: readonly string[]): string {
  const widths = [7, 4, 8, 5, 14];
  const numbers = cells.map((cell, at) => cell.padStart(widths[at] ?? 0));
  return `${id.padEnd(23)}${status.padEnd(13)}${link.padEnd(6)}${numbers.join("")}`;
}

const HEAD = row(["PROFILE", "STATUS", "LINK", "TRUE in", "out", "CITY in", "out", "IN VIEW, CITY"]);
