import { latin1 } from "./bytes.ts";
import type { Framer } from "./framer.ts";
import { type TextState, textFramer } from "./text.ts";

export interface JsonStreamSpec {
  readonly name: string;
  /** Bytes of the longest event. */
  readonly max: number;
}

/** Deeper than anything a sensor says about people. */
export const MAX_JSON_DEPTH = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** { and [ */
const OPENING = [0x7b, 0x5b] as const;
/** } and ] */
const CLOSING = [0x7d, 0x5d] as const;
const BLANK = [0x20, 0x09];

/**
 * JSON objects, one a line, between lines of other text, as SSCMA sends them: `\r{...}\n` (SSCMA-Micro,
 * docs/protocol/at-protocol-en_US.md). An object begins with a brace at the start of a line and ends with that line;
 * its brackets must then be closed, or it fails. So an object that a stray end of line broke in two is lost, and the one
 * behind it never is. Whether it is good JSON is for the reader to find.
 */
export function jsonStreamFramer({ name, max }: JsonStreamSpec): Framer<TextState> {
  return textFramer({
    starts: [latin1("{")],
    atLineStart: true,
    end: null,
    restart: false,
    max,
    accept: (frame) => (isOneObject(frame) ? { name, frame } : "failed"),
  });
}

/** Brackets in strings do not count; blanks behind the object are allowed. */
function isOneObject(bytes: Uint8Array): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (quoted && byte === BACKSLASH) at++;
    else if (byte === QUOTE) quoted = !quoted;
    else if (quoted) continue;
    else if (byte === OPENING[0] || byte === OPENING[1]) depth++;
    else if (byte === CLOSING[0] || byte === CLOSING[1]) depth--;
    else continue;
    if (depth > MAX_JSON_DEPTH) return false;
    if (depth === 0) return bytes.subarray(at + 1).every((rest) => BLANK.includes(rest));
  }
  return false;
}
