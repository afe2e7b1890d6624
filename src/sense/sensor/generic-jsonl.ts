import type { Form } from "../../config/schema.ts";
import type { Decoded, Decoder, Discard } from "./decoder.ts";
import { type Fields, type Read, readForms } from "./generic-forms.ts";
import { type LineState, splitLines, startOfLines } from "./lines.ts";

/**
 * `generic-jsonl`: one JSON object a line (RFC 8259), for camera scripts of one's own.
 *
 *     {"in":1,"out":0}                              passages since the last line; a missing direction is 0
 *     {"inTotal":1504736,"outTotal":3682796}        counters that run on; either may be missing
 *     {"present":12}                                people in view
 *     {"tracks":[{"id":"a81f","x":1.2,"y":3.4}]}    everybody in view, positions in metres
 *
 * A sensor with a set of classes says what it was, once in a line of passages and for each point:
 *
 *     {"in":1,"class":"bicycle"}
 *     {"present":{"person":12,"bicycle":3}}         of each class, 0 of one that is not named
 *     {"tracks":[{"id":"a81f","x":1.2,"y":3.4,"class":"person"}]}
 *
 * A line may carry several forms. Everything else in it is dropped here (P1). Empty lines are skipped.
 */
export interface JsonlOptions {
  /** The forms this sensor sends; a line with none of them is `wrong_form`. */
  readonly forms: readonly Form[];
  /** The set of classes of the sensor, where it has one. */
  readonly classes?: readonly string[] | undefined;
}

/** Deeper than any line this profile understands. */
const MAX_DEPTH = 16;

export function decoder(options: JsonlOptions): Decoder<LineState> {
  return {
    start: startOfLines,
    decode(state: LineState, bytes: Uint8Array): Decoded<LineState> {
      const split = splitLines(state, bytes);
      const read = split.lines.filter((line) => line.trim() !== "").map((line) => readLine(line, options));
      return {
        state: split.state,
        readings: read.flatMap((one) => one.readings),
        discarded: [...split.discarded, ...read.flatMap((one) => one.discarded)],
      };
    },
  };
}

function readLine(line: string, { forms, classes }: JsonlOptions): Read {
  const fields = parseObject(line);
  if (typeof fields === "string") return { readings: [], discarded: [fields] };
  return readForms(fields, { forms, classes, everybody: true });
}

function parseObject(line: string): Fields | Discard {
  if (!bracketsClose(line)) return "not_parsable";
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "not_parsable";
  }
  // JSON.parse makes "__proto__" an ordinary key, so nothing in a line can add to what an object inherits.
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : "wrong_type";
}

/** Judged before JSON.parse, which recurses, and is slow to refuse. Brackets inside strings do not count. */
function bracketsClose(line: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const character = line[at];
    if (quoted && character === "\\") at++;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    if (depth > MAX_DEPTH) return false;
  }
  return depth === 0 && !quoted;
}
