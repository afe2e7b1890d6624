import type { Discard } from "./decoder.ts";

/** The longest line that is read, in bytes without its end: a camera frame of 256 tracks with long ids fits. */
export const MAX_LINE_BYTES = 32 * 1024;

/** What is held between two calls: at most MAX_LINE_BYTES, in few pieces. */
export interface LineState {
  /** The unfinished line. Sizes at least halve from piece to piece, so there are at most 16 of them. */
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
  /** The unfinished line was too long and is thrown away until its end. */
  readonly skipping: boolean;
  /** The last byte was a CR: a LF right behind it belongs to the same end of line. */
  readonly afterCr: boolean;
}

export const startOfLines: LineState = { pieces: [], length: 0, skipping: false, afterCr: false };

/** Lines without their ends, in order; one discard for each line that could not be read. */
export interface SplitLines {
  readonly state: LineState;
  readonly lines: readonly string[];
  readonly discarded: readonly Discard[];
}

const LF = 10;
const CR = 13;
/** Removes a byte order mark at the start of a line; throws on bytes that are not UTF-8. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Cuts a stream of bytes into lines of UTF-8. LF, CR LF or a lone CR ends a line. A line above MAX_LINE_BYTES is
 * discarded once (`too_long`), a line with NUL or broken UTF-8 as `not_text`. Linear in time, bounded in memory; any
 * chunking of the same bytes gives the same lines.
 */
export function splitLines(state: LineState, bytes: Uint8Array): SplitLines {
  const lines: string[] = [];
  const discarded: Discard[] = [];
  let now = state;
  let from = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte !== LF && byte !== CR) continue;
    now = hold(now, bytes, from, at, discarded);
    if (byte === CR || now.length > 0 || now.skipping || !now.afterCr) endLine(now, lines, discarded);
    now = byte === CR ? { ...startOfLines, afterCr: true } : startOfLines;
    from = at + 1;
  }
  return { state: hold(now, bytes, from, bytes.length, discarded), lines, discarded };
}

/** Adds bytes [from, to) to the unfinished line. They are copied, so that no large chunk stays alive. */
function hold(
  state: LineState,
  bytes: Uint8Array,
  from: number,
  to: number,
  discarded: Discard[],
): LineState {
  if (from === to) return state;
  const length = state.length + to - from;
  if (state.skipping) return { ...state, afterCr: false };
  if (length > MAX_LINE_BYTES) {
    discarded.push("too_long");
    return { ...startOfLines, skipping: true };
  }
  const pieces = append(state.pieces, new Uint8Array(bytes.subarray(from, to)));
  return { pieces, length, skipping: false, afterCr: false };
}

/** Joins the last pieces while they are no larger than the new one: single bytes cost O(log n) each, not O(n). */
function append(pieces: readonly Uint8Array[], last: Uint8Array): Uint8Array[] {
  let keep = pieces.length;
  let size = last.length;
  for (; keep > 0; keep--) {
    const before = pieces[keep - 1]?.length ?? 0;
    if (before > size) break;
    size += before;
  }
  return [...pieces.slice(0, keep), join([...pieces.slice(keep), last])];
}

function endLine(state: LineState, lines: string[], discarded: Discard[]): void {
  if (state.skipping) return;
  const text = decode(join(state.pieces));
  if (text === undefined || text.includes("\0")) discarded.push("not_text");
  else lines.push(text);
}

/** Not Buffer.concat: its memory pool would keep, and share, more than these bytes. */
function join(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (first && pieces.length === 1) return first;
  const joined = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
