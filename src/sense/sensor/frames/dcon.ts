import { latin1 } from "./bytes.ts";
import { checkValue } from "./checks.ts";
import type { Framed, Framer } from "./framer.ts";
import { type TextState, textFramer } from "./text.ts";

/** How answers of a DCON module look. */
export interface DconOptions {
  readonly name?: string | undefined;
  /** Commands and answers carry two hex digits of check sum before their CR, as the module is set to. */
  readonly checksum?: boolean | undefined;
}

/** With which letter commands begin: their echo on RS-485 is put aside. */
const COMMANDS = ["#", "$", "%", "@", "~"];
const ANSWERS = [">", "!", "?"];
/** Longer than any answer about counters. */
const MAX_BYTES = 80;
const CHECK_DIGITS = 2;

/**
 * Answers of ICP DAS modules, without their CR; a check sum stays in the frame (I-7080 user manual V2.2, p. 26): `>` with
 * data, `!` with data, `?` for a refusal. An answer says neither what was asked nor, after `>`, which module speaks:
 * whoever asks must not ask again before a late answer is over, and must know how many characters are right.
 */
export function dconFramer({ name = "dcon", checksum = false }: DconOptions = {}): Framer<TextState> {
  return textFramer({
    starts: [...COMMANDS, ...ANSWERS].map(latin1),
    atLineStart: false,
    end: latin1("\r"),
    restart: true,
    max: MAX_BYTES,
    accept: (line) => answer(name, line, checksum),
  });
}

function answer(name: string, line: Uint8Array, checksum: boolean): Framed | "failed" | "aside" {
  if (!line.every((byte) => byte >= 0x20 && byte < 0x7f)) return "failed";
  if (COMMANDS.includes(String.fromCharCode(line[0] ?? 0))) return "aside";
  if (!checksum) return { name, frame: line };
  const given = String.fromCharCode(...line.subarray(-CHECK_DIGITS));
  return given === dconChecksum(line.subarray(0, -CHECK_DIGITS)) ? { name, frame: line } : "failed";
}

/** Two upper-case hex digits: the sum of the characters before it. */
export function dconChecksum(text: Uint8Array): string {
  return checkValue("sum8", text).toString(16).toUpperCase().padStart(2, "0");
}
