import { blank, dim, fitted, type Line, plain, type Size, title } from "../../base/lines.ts";
import { SENSORS } from "../sensors.ts";
import type { SensorView, View } from "../view.ts";
import { charts } from "./charts.ts";
import { TABLE_HEAD, tableRow } from "./table.ts";

const FEWEST_WINDOWS = 4;
/** From here on there is room for empty lines. */
const ROOMY_ROWS = 30;

/** What the terminal shows: exactly `rows` lines of at most `columns` characters. Made for 80 x 24 and more. */
export function picture(view: View, { columns, rows }: Size): Line[] {
  const space = rows >= ROOMY_ROWS ? [blank] : [];
  const head = [
    ...header(view, columns),
    ...space,
    ...sensorLines(view),
    ...space,
    ...flowLines(view),
    blank,
  ];
  const left = rows - head.length - space.length - 2;
  const height = heightOfCharts(left);
  const chartLines = charts(view.records, columns, height).map(plain);
  const windows = Math.max(FEWEST_WINDOWS, left - chartLines.length);
  const table = view.records.slice(0, windows).map((record) => plain(tableRow(record)));
  const missing = Array<Line>(windows - table.length).fill(blank);
  const all = [...head, title(TABLE_HEAD), ...table, ...missing, ...space, title(CHARTS_HEAD), ...chartLines];
  return fitted(all, { columns, rows });
}

const CHARTS_HEAD = "PUBLISHED OVER TIME, in + out or present (a - is a sum that noise made negative)";

/** Name, time, what is going on, and a warning. */
export function header({ saying, elapsedSeconds }: View, columns: number): Line[] {
  const name = " telpost demo: counts people, keeps nobody";
  const right = `${clockOf(elapsedSeconds)}  Ctrl-C ends it `;
  const gap = Math.max(1, columns - name.length - right.length);
  return [
    { text: `${name}${" ".repeat(gap)}${right}`, tone: "strong" },
    plain(saying),
    plain("TRUE is shown only because this is a simulation; a real gateway never tells it."),
  ];
}

function sensorLines({ sensors }: View): Line[] {
  const row = (id: string, port: string, link: string, sends: string, line: string) =>
    `${id.padEnd(14)}${port.padEnd(12)}${link.padEnd(5)}${sends.padEnd(15)}${line}`;
  const one = ({ id, port, link, sends, line }: SensorView) => row(id, port, link ?? "-", sends, line);
  return [
    title(row("SENSOR", "PORT", "LINK", "SENDS", "LAST LINE, stays on the gateway")),
    ...sensors.map((sensor) => plain(one(sensor))),
  ];
}

/** Where the messages are. */
export function flowLines({ sealedBytes, outbox, brokerMessages, messages, logFile }: View): Line[] {
  const box = outbox ? `${outbox.waiting} waiting, ${outbox.proven} proven` : "-";
  const size = sealedBytes === null ? "-" : `${sealedBytes} B`;
  const { sealed, opened } = messages;
  return [
    plain(
      `SEALED ${size} > OUTBOX ${box} > BROKER ${brokerMessages} > CITY ${opened}, ${sealed - opened} lost`,
    ),
    dim(`Log of the two processes: ${logFile}`),
  ];
}

/** Taller charts where there is room for them beside the windows of some ten seconds. */
function heightOfCharts(left: number): number {
  const fits = (height: number) => left - SENSORS.length * (height + 1) >= 2 * FEWEST_WINDOWS;
  return fits(3) ? 3 : fits(2) ? 2 : 1;
}

function clockOf(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${String(minutes).padStart(2, "0")}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
