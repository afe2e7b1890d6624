import type { Form, SensorConfig } from "../../config/schema.ts";
import type { Decoded, Decoder } from "./decoder.ts";
import { type Fields, type Read, readForms } from "./generic-forms.ts";
import { type LineState, splitLines, startOfLines } from "./lines.ts";

/** What a column of a row means; "-" is dropped. */
export type Column = Extract<SensorConfig, { profile: "generic-csv" }>["columns"][number];

/**
 * `generic-csv`: one row a line (RFC 4180 without separators inside quotes), for scripts and loggers of one's own.
 * Cells are separated by a tab, ";" or ",": the first of these that the row holds. Numbers have a decimal point.
 *
 *     in,out            passages since the last row
 *     inTotal,outTotal  counters that run on
 *     present           people in view
 *     id,x,y            the new position of one track, in metres; the others stay where they are
 *     class             what it was, where the sensor has a set of classes: of passages and tracks
 *
 * A row that consists of column names only is a header and replaces the configured columns. Under a header a row must
 * have as many cells as the header, so that a header of which the beginning was missed never gives wrong numbers.
 * An empty cell is a missing value. Empty lines are skipped.
 */
export interface CsvOptions {
  /** The forms this sensor sends; a row with none of them is `wrong_form`. */
  readonly forms: readonly Form[];
  /** The meaning of each column until a header says otherwise. */
  readonly columns: readonly Column[];
  /** The set of classes of the sensor, where it has one. */
  readonly classes?: readonly string[] | undefined;
}

export interface CsvState {
  readonly lines: LineState;
  /** The last header seen. */
  readonly header: readonly Column[] | null;
}

const COLUMNS: ReadonlySet<string> = new Set<Column>([
  "in",
  "out",
  "inTotal",
  "outTotal",
  "present",
  "id",
  "x",
  "y",
  "class",
  "-",
]);
const NUMBER = /^[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,3})?$/;

export function decoder(options: CsvOptions): Decoder<CsvState> {
  return {
    start: { lines: startOfLines, header: null },
    decode(state: CsvState, bytes: Uint8Array): Decoded<CsvState> {
      const split = splitLines(state.lines, bytes);
      let header = state.header;
      const read: Read[] = [];
      for (const line of split.lines) {
        const cells = cellsOf(line);
        const named = headerOf(cells);
        if (named) header = named;
        else if (line.trim() !== "") read.push(readRow(cells, header, options));
      }
      return {
        state: { lines: split.state, header },
        readings: read.flatMap((one) => one.readings),
        discarded: [...split.discarded, ...read.flatMap((one) => one.discarded)],
      };
    },
  };
}

function cellsOf(line: string): string[] {
  const separator = line.includes("\t") ? "\t" : line.includes(";") ? ";" : ",";
  return line.split(separator).map(unquoted);
}

function unquoted(cell: string): string {
  const text = cell.trim();
  const quoted = text.length >= 2 && text.startsWith('"') && text.endsWith('"');
  return quoted ? text.slice(1, -1).trim() : text;
}

/** Names only, none twice, and at least one that is not "-". */
function headerOf(cells: readonly string[]): readonly Column[] | undefined {
  const names = cells.filter((cell) => cell !== "-");
  const isHeader = names.length > 0 && cells.every(isColumn) && new Set(names).size === names.length;
  return isHeader ? cells.filter(isColumn) : undefined;
}

function isColumn(cell: string): cell is Column {
  return COLUMNS.has(cell);
}

function readRow(cells: readonly string[], header: readonly Column[] | null, options: CsvOptions): Read {
  const columns = header ?? options.columns;
  const fits = header ? cells.length === header.length : cells.length >= columns.length;
  if (!fits) return { readings: [], discarded: ["not_parsable"] };
  return readForms(fieldsOf(cells, columns), { ...options, everybody: false });
}

function fieldsOf(cells: readonly string[], columns: readonly Column[]): Fields {
  const cell = (name: Column): string | undefined => {
    const text = cells[columns.indexOf(name)];
    return text === "" ? undefined : text;
  };
  const value = (name: Column): number | string | undefined => {
    const text = cell(name);
    return text !== undefined && NUMBER.test(text) ? Number(text) : text;
  };
  const fields = {
    in: value("in"),
    out: value("out"),
    inTotal: value("inTotal"),
    outTotal: value("outTotal"),
    present: value("present"),
    class: cell("class"),
  };
  const id = cell("id");
  if (id === undefined) return fields;
  return { ...fields, tracks: [{ id, x: value("x"), y: value("y"), class: fields.class }] };
}
