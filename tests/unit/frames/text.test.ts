import { describe, expect, it } from "vitest";
import { AssertionError } from "../../../src/base/assert.ts";
import { jsonStreamFramer, MAX_JSON_DEPTH } from "../../../src/sense/sensor/frames/json-stream.ts";
import { lineFramer } from "../../../src/sense/sensor/frames/line.ts";
import { describeWithRecording } from "../../kit/shared-data.ts";
import { glued, hex, recordedBytes, repeated, run, singly, text, texts } from "./kit.ts";

const SENTENCES = lineFramer({ name: "nmea", start: "$", end: "*", max: 96, restartOnStart: true });
const LINES = lineFramer({ name: "line", max: 10 });

/** What comes of a text in one chunk, which must be what comes of it byte by byte. */
function cut(framer: typeof LINES, characters: string) {
  const { frames, skipped, aside, failed, tooLong, state } = run(framer, [text(characters)]);
  const slowly = run(framer, singly(text(characters)));
  expect(texts(slowly.frames)).toEqual(texts(frames));
  expect(slowly).toMatchObject({ skipped, aside, failed, tooLong, state });
  return { frames: texts(frames), skipped, aside, failed, tooLong, held: texts([state.held])[0] };
}

const NONE = { skipped: 0, aside: 0, failed: 0, tooLong: 0, held: "" };

describe("plain lines", () => {
  it("end with LF, CR, or both; empty ones are nothing", () => {
    expect(cut(LINES, "a\nb\rc\r\n\n\r\nd")).toEqual({
      ...NONE,
      frames: ["a", "b", "c"],
      aside: 7,
      held: "d",
    });
  });

  it("of the greatest length are read, and one byte more is thrown away up to the end", () => {
    expect(cut(LINES, "0123456789\n0123456789A\nb\n")).toEqual({
      ...NONE,
      frames: ["0123456789", "b"],
      aside: 3,
      skipped: 11,
      failed: 1,
      tooLong: 1,
    });
  });

  it("never seen to end hold no more than one line", () => {
    const { mostHeld, failed, skipped } = run(LINES, [repeated(text("x"), 1_000_000), text("yz\n")]);
    expect({ mostHeld, failed, skipped }).toEqual({ mostHeld: 0, failed: 1, skipped: 1_000_002 });
    expect(run(LINES, singly(repeated(text("x"), 5000))).mostHeld).toBe(10);
  });

  it("may hold anything else, such as NUL and broken UTF-8", () => {
    expect(run(LINES, [hex("ef bb bf 00 ff c3 0a")]).frames).toEqual([hex("ef bb bf 00 ff c3")]);
  });

  it("may end with something of several characters that comes in pieces", () => {
    const framer = lineFramer({ name: "line", end: "=>\r\n", max: 10 });
    expect(cut(framer, "a=b=>\r\nc\rd=>\r\n=>\r\n==")).toEqual({
      ...NONE,
      frames: ["a=b", "c\rd"],
      aside: 12,
      held: "==",
    });
  });

  it("may end with a letter, and are then still broken by the end of a line", () => {
    const framer = lineFramer({ name: "cell", end: ";", max: 10 });
    expect(cut(framer, "a;;b;\r\nc\nd;")).toEqual({
      ...NONE,
      frames: ["a", "b", "d"],
      aside: 7,
      skipped: 1,
      failed: 1,
    });
    expect(cut(framer, "0123456789AB;c;")).toEqual({
      ...NONE,
      frames: ["c"],
      aside: 2,
      skipped: 12,
      failed: 1,
      tooLong: 1,
    });
    expect(cut(framer, "0123456789AB\nc;").frames).toEqual(["c"]);
  });
});

describe("lines with a start and an end", () => {
  it("hold their start and not their end, and what is between them is thrown away", () => {
    expect(cut(SENTENCES, "boot 3\r\n*$DFHPD,1, , , *\r\n..$DFHPD,0, , , *")).toEqual({
      ...NONE,
      frames: ["$DFHPD,1, , , ", "$DFHPD,0, , , "],
      aside: 6,
      skipped: 9,
    });
  });

  it("fail where a new start, or the end of the line, shows that they were cut short", () => {
    expect(cut(SENTENCES, "$DFDMD,1,0,3.2$DFHPD,1*\r\n$DFD\r\n$DFHPD,0*")).toEqual({
      ...NONE,
      frames: ["$DFHPD,1", "$DFHPD,0"],
      aside: 6,
      skipped: 18,
      failed: 2,
    });
  });

  it("may hold their start where the profile says so", () => {
    const framer = lineFramer({ name: "price", start: "$", end: "*", max: 8, restartOnStart: false });
    expect(cut(framer, "$1$2*")).toEqual({ ...NONE, frames: ["$1$2"], aside: 1 });
  });

  it("that are too long fail, and the next start inside them counts", () => {
    const framer = lineFramer({ name: "price", start: "$", end: "*", max: 8, restartOnStart: false });
    expect(cut(framer, "$1234567*")).toEqual({ ...NONE, frames: ["$1234567"], aside: 1 });
    expect(cut(framer, "$123$5678*")).toEqual({
      ...NONE,
      frames: ["$5678"],
      aside: 1,
      skipped: 4,
      failed: 1,
      tooLong: 1,
    });
    expect(cut(framer, "$12345678$9*")).toMatchObject({ frames: ["$9"], skipped: 9, failed: 1 });
  });

  it("may begin with something of several characters", () => {
    const framer = lineFramer({ name: "price", start: "<<", end: ">>", max: 6, restartOnStart: false });
    expect(cut(framer, "<a<<b>>")).toEqual({ ...NONE, frames: ["<<b"], aside: 2, skipped: 2 });
    expect(cut(framer, "<<345<<8>>")).toMatchObject({ frames: ["<<8"], skipped: 5, failed: 1 });
    expect(cut(framer, "<<3<<678>>")).toMatchObject({ frames: ["<<678"], skipped: 3, failed: 1 });
    expect(cut(framer, "<<<<<<<<<")).toMatchObject({ frames: [], held: "<<<<<<" });
  });

  it("may hold their start unless the profile says otherwise", () => {
    expect(cut(lineFramer({ name: "price", start: "$", end: "*", max: 8 }), "$1$2*").frames).toEqual([
      "$1$2",
    ]);
  });

  it("may begin with the end of the line before", () => {
    const framer = lineFramer({ name: "prompt", start: "\n>", end: ".", max: 8 });
    expect(cut(framer, ">x.\r\n>a.\n>b.\n")).toEqual({
      ...NONE,
      frames: ["\n>a", "\n>b"],
      aside: 3,
      skipped: 3,
      held: "\n",
    });
  });

  it("come out of 1 MB of starts in linear time, bounded", () => {
    for (const restartOnStart of [true, false]) {
      const framer = lineFramer({ name: "x", start: "$", end: "*", max: 4096, restartOnStart });
      const { mostHeld, frames } = run(framer, [repeated(text("$"), 1_000_000), text("$good*")]);
      expect(mostHeld).toBeLessThanOrEqual(4096);
      expect(texts(frames).at(-1)?.endsWith("$good")).toBe(true);
    }
  });

  it("need a start that fits in them, and an end that is something", () => {
    expect(() => lineFramer({ name: "x", start: "long", max: 3 })).toThrow(AssertionError);
    expect(() => lineFramer({ name: "x", start: "", max: 3 })).toThrow(AssertionError);
    expect(() => lineFramer({ name: "x", end: "", max: 3 })).toThrow(AssertionError);
  });
});

describe("JSON between other lines", () => {
  const framer = jsonStreamFramer({ name: "event", max: 64 });

  it("is an object at the start of a line, up to the end of that line", () => {
    expect(cut(framer, '{"a":1}\r\nboot {"b":2}\n\r{"c":{"d":[3]}} \n')).toEqual({
      ...NONE,
      frames: ['{"a":1}', '{"c":{"d":[3]}} '],
      aside: 5,
      skipped: 12,
    });
  });

  it("may have brackets and quotes in its strings", () => {
    const odd = '{"a":"}{\\"]","b":"\\\\"}';
    expect(cut(framer, `${odd}\n`).frames).toEqual([odd]);
  });

  it("that an end of line broke is lost, and nothing behind it", () => {
    expect(cut(framer, '{"a":[], \n"b":1}}\n{"c":2}\n')).toMatchObject({ frames: ['{"c":2}'], failed: 1 });
    expect(cut(framer, '{"a":"cut\r{"c":2}\n')).toMatchObject({ frames: ['{"c":2}'], failed: 1 });
  });

  it.each(['{"a":1}}', '{"a":1}{"b":2}', '{"a":"1}', '{"a":{}', '{"a":1}x'])(
    "that is not one whole object fails: %s",
    (line) => {
      expect(cut(framer, `${line}\n{}\n`)).toMatchObject({ frames: ["{}"], failed: 1, tooLong: 0 });
    },
  );

  it("with a picture in it is too long, and nothing of it is held or taken for an object", () => {
    const picture = `{"data":{"image":"${'/9j/{"a":1}'.repeat(4000)}"}}`;
    const { mostHeld, frames, failed, tooLong, aside } = run(framer, [text(`${picture}\r\n{"a":1}\r\n`)]);
    expect(texts(frames)).toEqual(['{"a":1}']);
    expect({ failed, tooLong, aside }).toEqual({ failed: 1, tooLong: 1, aside: 4 });
    expect(mostHeld).toBe(0);
    expect(run(framer, singly(text(picture.slice(0, 2000)))).mostHeld).toBeLessThanOrEqual(64);
  });

  it("nested deeper than any sensor needs fails before anybody parses it", () => {
    const deep = jsonStreamFramer({ name: "event", max: 65_536 });
    const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${"}".repeat(depth - 1)}\n`;
    expect(run(deep, [text(nested(MAX_JSON_DEPTH))]).frames.length).toBe(1);
    expect(run(deep, [text(nested(MAX_JSON_DEPTH + 1))])).toMatchObject({ frames: [], failed: 1 });
    expect(run(deep, [text(nested(10_000))])).toMatchObject({ frames: [], failed: 1 });
    expect(run(deep, [text(`{${"[".repeat(60_000)}\n`)])).toMatchObject({ frames: [], failed: 1 });
  });

  it("comes behind 1 MB of braces in linear time, bounded", () => {
    const wide = jsonStreamFramer({ name: "event", max: 8192 });
    const { mostHeld, frames } = run(wide, [repeated(text("{"), 1_000_000), text("\r{}\n")]);
    expect(texts(frames)).toEqual(["{}"]);
    expect(mostHeld).toBeLessThanOrEqual(8192);
    const restarts = run(wide, [repeated(text("\r{"), 1_000_000), text("\r{}\n")]);
    expect(restarts).toMatchObject({ failed: 500_000 });
    expect(texts(restarts.frames)).toEqual(["{}"]);
  });
});

describeWithRecording("sensor-bytes", "recorded text of sensors", () => {
  it("of a C4001 gives every whole sentence; the cut one is replaced by the one behind it", () => {
    const bytes = recordedBytes("dfrobot-c4001.bin");
    const { frames, failed } = run(SENTENCES, [bytes]);
    expect(texts(frames)).toEqual([
      "$DFDMD,1,1,1.817,0.129,15304, , ",
      "$DFDMD,0, , , , , , ",
      "$DFDMD,1,1,4.885,-0.464,346, , ",
      "$DFDMD,1,0,8.50,-6.31,52000,0,0",
      "$DFHPD,1, , , ",
      "$DFHPD,0, , , ",
    ]);
    expect(failed).toBe(1);
    expect(run(SENTENCES, singly(bytes)).frames).toEqual(frames);
  });

  it("of an SSCMA camera gives its events among boot text, without the one that was broken in two", () => {
    const framer = jsonStreamFramer({ name: "event", max: 8192 });
    const bytes = recordedBytes("sscma-lines.txt");
    const { frames, failed, mostHeld } = run(framer, [bytes]);
    const events = texts(frames).map((frame) => JSON.parse(frame));
    expect(events.map(({ name }) => name)).toEqual([
      "NAME?",
      "VER?",
      "ID?",
      "INFO?",
      "MODEL?",
      "INVOKE",
      "MODEL?",
    ]);
    expect(events[5].data.boxes).toEqual([[85, 112, 73, 82, 86, 3]]);
    expect({ failed, mostHeld }).toEqual({ failed: 1, mostHeld: 0 });
    expect(run(framer, singly(bytes)).frames).toEqual(frames);
    const again = run(framer, [glued(bytes, bytes)]);
    expect(again).toMatchObject({ failed: 2 });
    expect(again.frames.length).toBe(14);
  });
});
