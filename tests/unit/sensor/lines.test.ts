import { describe, expect, it } from "vitest";
import { type LineState, MAX_LINE_BYTES, splitLines, startOfLines } from "../../../src/sense/sensor/lines.ts";

function feed(...chunks: (string | Uint8Array)[]) {
  const lines: string[] = [];
  const discarded: string[] = [];
  let state: LineState = startOfLines;
  for (const chunk of chunks) {
    const split = splitLines(state, typeof chunk === "string" ? Buffer.from(chunk) : chunk);
    state = split.state;
    lines.push(...split.lines);
    discarded.push(...split.discarded);
  }
  return { lines, discarded, state };
}

describe("the line splitter", () => {
  it("ends a line at LF, CR LF or a lone CR", () => {
    expect(feed("a\nb\r\nc\rd\n").lines).toEqual(["a", "b", "c", "d"]);
  });

  it("takes a CR LF that is split over two chunks as one end", () => {
    expect(feed("a\r", "\nb\n").lines).toEqual(["a", "b"]);
  });

  it("keeps empty lines: two LFs, and a LF that follows CR LF", () => {
    expect(feed("a\n\nb\r\n\nc\n").lines).toEqual(["a", "", "b", "", "c"]);
  });

  it("gives nothing for a line without its end", () => {
    expect(feed("a\nhalf").lines).toEqual(["a"]);
  });

  it("decodes a whole line at once, so that a character may be split over chunks", () => {
    const bytes = Buffer.from("één €\n");
    expect(feed(...Array.from(bytes, (byte) => Uint8Array.of(byte))).lines).toEqual(["één €"]);
  });

  it("removes a byte order mark", () => {
    expect(feed("\uFEFFa\n").lines).toEqual(["a"]);
  });

  it("reads a line of exactly the longest length and discards a longer one once, until its end", () => {
    const longest = "x".repeat(MAX_LINE_BYTES);
    expect(feed(`${longest}\n`)).toMatchObject({ lines: [longest], discarded: [] });
    expect(feed(`${longest}x`, longest, `${longest}\r\ngood\n`)).toMatchObject({
      lines: ["good"],
      discarded: ["too_long"],
    });
  });

  it("discards lines with NUL or broken UTF-8 and reads the next one", () => {
    const bytes = Buffer.concat([
      Buffer.from("a\0b\n"),
      Buffer.from([0xc3, 0x28, 10]),
      Buffer.from([0xe2, 0x82, 10]),
    ]);
    expect(feed(bytes, "good\n")).toMatchObject({
      lines: ["good"],
      discarded: ["not_text", "not_text", "not_text"],
    });
  });

  it("holds no more than one line of a megabyte without an end, whatever the chunks", () => {
    for (const size of [1, 7, 4095, 65_536]) {
      let state: LineState = startOfLines;
      let discarded = 0;
      let longest = 0;
      let pieces = 0;
      for (let sent = 0; sent < 2 ** 20; sent += size) {
        const split = splitLines(state, new Uint8Array(size).fill(120));
        state = split.state;
        discarded += split.discarded.length;
        longest = Math.max(longest, heldBytes(state));
        pieces = Math.max(pieces, state.pieces.length);
      }
      expect({ discarded, state }).toEqual({ discarded: 1, state: { ...startOfLines, skipping: true } });
      expect(longest).toBeLessThanOrEqual(MAX_LINE_BYTES);
      expect(pieces).toBeLessThanOrEqual(16);
      expect(feedFrom(state, "\ngood\n")).toEqual(["good"]);
    }
  });

  it("does not keep a large chunk alive for the few bytes behind its last line", () => {
    const { state } = feed(new Uint8Array(65_536).fill(10), "\n".repeat(1000).concat("rest"));
    expect(heldBytes(state)).toBe(4);
    for (const piece of state.pieces) expect(piece.buffer.byteLength).toBeLessThanOrEqual(MAX_LINE_BYTES);
  });
});

function heldBytes(state: LineState): number {
  return state.pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}

function feedFrom(state: LineState, text: string): readonly string[] {
  return splitLines(state, Buffer.from(text)).lines;
}
