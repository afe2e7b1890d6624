import { blank, fitted, type Line, plain, type Size, title } from "../base/lines.ts";
import type { BothStatus } from "../ops/first-window.ts";
import { flowLines } from "./flow.ts";
import type { History } from "./history.ts";
import { lastFrom, sensorTable } from "./table.ts";
import { troubleLines, troublesOf } from "./trouble.ts";

/** Everything that is shown, and how it is looked at. */
export interface TopView extends BothStatus {
  readonly version: string;
  readonly history: History;
  /** Monotonic ms, and wall time in ms since the Unix epoch. */
  readonly atMs: number;
  readonly nowMs: number;
  readonly everySeconds: number;
  readonly paused: boolean;
  /** Sensors passed over by the keys. */
  readonly from: number;
}

/** Below this nothing useful fits. */
const LEAST: Size = { columns: 72, rows: 16 };
const TROUBLE_ROWS = 4;
/** The header, the heads of sensors and trouble, and the keys. */
const OTHER_ROWS = 4;
const KEYS = " q quit  space pause  + - pace  j k or arrows: sensors  # link up, . down";

/** One screen: exactly `rows` lines of at most `columns` characters. Made for 80 x 24 and more. */
export function topScreen(view: TopView, size: Size): Line[] {
  if (size.columns < LEAST.columns || size.rows < LEAST.rows) return fitted(tooSmall(size), size);
  const flow = flowLines(view, size.columns).map(plain);
  const left = size.rows - flow.length - OTHER_ROWS;
  const sensors = view.sense?.sensors.length ?? 0;
  // What sensors leave, trouble may have.
  const troubleRows = Math.max(TROUBLE_ROWS, left - sensors);
  const trouble = troubleLines(troublesOf(view, view.nowMs), troubleRows).map(plain);
  const room = left - Math.min(troubleRows, Math.max(TROUBLE_ROWS, trouble.length));
  const lines = [
    header(view, size.columns),
    ...sensorLines(view, size.columns, room),
    ...flow,
    title("TROUBLE"),
    ...trouble,
  ];
  const gap = Math.max(0, size.rows - lines.length - 1);
  return fitted([...lines, ...Array<Line>(gap).fill(blank), title(KEYS)], size);
}

/** The same without a terminal: every sensor, no keys. */
export function topText(view: TopView): string[] {
  const rows = Math.max(1, view.sense?.sensors.length ?? 0);
  const lines = [
    header(view, COLUMNS),
    ...sensorLines({ ...view, from: 0 }, COLUMNS, rows),
    ...flowLines(view, COLUMNS).map(plain),
    title("TROUBLE"),
    ...troubleLines(troublesOf(view, view.nowMs), Number.POSITIVE_INFINITY).map(plain),
  ];
  return lines.map(({ text }) => text.trimEnd());
}

const COLUMNS = 80;

/** How many sensors the keys may pass over on a terminal of this size: no limit while nothing is known of them. */
export function mostFrom(view: TopView | undefined, size: Size): number {
  if (!view?.sense) return Number.POSITIVE_INFINITY;
  const fixed = flowLines(view, size.columns).length + OTHER_ROWS + TROUBLE_ROWS;
  return lastFrom(view.sense, Math.max(1, size.rows - fixed));
}

function header({ version, nowMs, everySeconds, paused }: TopView, columns: number): Line {
  const now = new Date(nowMs).toISOString().slice(0, 19).replace("T", " ");
  const left = ` telpost top ${version}`;
  const right = `${paused ? "PAUSED" : `every ${everySeconds} s`}   ${now}Z `;
  return {
    text: `${left}${" ".repeat(Math.max(1, columns - left.length - right.length))}${right}`,
    tone: "strong",
  };
}

function sensorLines({ sense, history, atMs, from }: TopView, columns: number, rows: number): Line[] {
  if (!sense)
    return [title("SENSORS"), plain("telpost-sense does not run. Run: systemctl status telpost-sense")];
  const reach = Math.min(from, lastFrom(sense, rows));
  return sensorTable({ sense, history, atMs, columns, rows, from: reach });
}

function tooSmall({ columns, rows }: Size): Line[] {
  return [
    plain(`This terminal has ${columns} x ${rows}.`),
    plain(`top needs ${LEAST.columns} x ${LEAST.rows}.`),
    plain("q quits."),
  ];
}
