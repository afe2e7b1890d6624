import { type Line, plain, title } from "../base/lines.ts";
import type { SensorFacts } from "../config/facts.ts";
import type { SensorState } from "../model.ts";
import type { SenseStatus } from "../sense/compose.ts";
import type { History } from "./history.ts";
import { head, tail } from "./words.ts";

/** What the table is drawn from, and how much of it. */
export interface TableParts {
  readonly sense: SenseStatus;
  readonly history: History;
  /** Monotonic ms. */
  readonly atMs: number;
  readonly columns: number;
  /** Rows without the head. */
  readonly rows: number;
  /** Rows passed over by the keys. */
  readonly from: number;
}

const ID = 17;
const PROFILE = 19;
const LINK = 6;
const ERRORS = 7;
const LIFE = 9;
const PORT = 13;

/** The sensors, those in trouble first: a row each, as many as there is room for. */
export function sensorTable(parts: TableParts): Line[] {
  const { sense, rows, from } = parts;
  const sensors = ordered(sense.sensors);
  const shown = sensors.slice(from, from + rows);
  const part = shown.length < sensors.length ? ` ${from + 1}-${from + shown.length}/${sensors.length}` : "";
  const titles = [`SENSOR${part}`, "LINK", "ERRORS", "LIFE", "PROFILE", "PORT", "LINK/MIN"];
  return [title(row(titles, parts.columns)), ...shown.map((state) => plain(sensorRow(state, parts)))];
}

/** How far the keys may go. */
export function lastFrom({ sensors }: Pick<SenseStatus, "sensors">, rows: number): number {
  return Math.max(0, sensors.length - rows);
}

function ordered(sensors: readonly SensorState[]): SensorState[] {
  return sensors.toSorted((one, other) => badness(other) - badness(one));
}

function badness({ link, errors }: SensorState): number {
  return (link === "up" ? 0 : 4) + ["none", "some", "many"].indexOf(errors);
}

function sensorRow({ id, link, errors, profile }: SensorState, parts: TableParts): string {
  const { sense, history, atMs, columns } = parts;
  const facts = sense.facts.find((one) => one.id === id);
  const port = facts?.ports.join(" ") ?? "";
  return row([id, link, errors, lifeOf(facts), profile, port, ""], columns, (width) =>
    history.link(id, width, atMs),
  );
}

/** How its life shows; where a frame is a passage nothing of its frames is told (P9). */
function lifeOf(facts: SensorFacts | undefined): string {
  if (!facts) return "";
  return facts.liveness === "none" ? "port only" : facts.liveness;
}

/** On a wide terminal ids, which have at most 32 characters, stand whole; of what is over then the port gets half. */
function row(cells: readonly string[], columns: number, spark?: (width: number) => string): string {
  const [id = "", link = "", errors = "", life = "", profile = "", port = "", last = ""] = cells;
  const over = Math.max(0, columns - ID - LINK - ERRORS - LIFE - PROFILE - 1 - PORT - 9);
  const more = Math.min(16, Math.floor(over / 4));
  const [idWidth, profileWidth] = [ID + more, PROFILE + 1 + more];
  const portWidth = PORT + Math.min(40, Math.floor((over - 2 * more) / 2));
  const rest = Math.max(0, columns - idWidth - LINK - ERRORS - LIFE - profileWidth - portWidth);
  return [
    head(id, idWidth - 1).padEnd(idWidth),
    link.padEnd(LINK),
    errors.padEnd(ERRORS),
    life.padEnd(LIFE),
    ` ${head(profile, profileWidth - 2)}`.padEnd(profileWidth),
    tail(port, portWidth - 1).padEnd(portWidth),
    spark ? spark(rest) : last.slice(0, rest),
  ]
    .join("")
    .trimEnd();
}
