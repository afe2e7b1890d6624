/** What the bytes of a line look like, whatever they mean. Holds numbers of kinds of bytes, never bytes. */
export interface Look {
  readonly bytes: number;
  /** 0x00 and 0xFF: what breaks and a wrong speed make of a signal. */
  readonly idle: number;
  /** Printable ASCII, and ends of lines. */
  readonly text: number;
}

export const SEEN_NOTHING: Look = { bytes: 0, idle: 0, text: 0 };

export function lookedAt(look: Look, chunk: Uint8Array): Look {
  let { idle, text } = look;
  for (const byte of chunk) {
    if (byte === 0 || byte === 0xff) idle++;
    else if ((byte >= 0x20 && byte < 0x7f) || byte === 10 || byte === 13 || byte === 9) text++;
  }
  return { bytes: look.bytes + chunk.length, idle, text };
}

export type Line = "silence" | "breaks" | "text" | "json" | "bytes";

const IDLE_SHARE = 0.25;
const TEXT_SHARE = 0.9;

/** What a line is, in a word. @param json whole JSON objects came */
export function lineOf({ bytes, idle, text }: Look, json: boolean): Line {
  if (bytes === 0) return "silence";
  if (json) return "json";
  if (idle / bytes >= IDLE_SHARE) return "breaks";
  return text / bytes >= TEXT_SHARE ? "text" : "bytes";
}
