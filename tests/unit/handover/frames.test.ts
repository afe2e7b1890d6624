import fc from "fast-check";
import { expect, it } from "vitest";
import { TelpostError } from "../../../src/base/errors.ts";
import { KEY_SET_TEXT } from "../../../src/contract/key-set.ts";
import { encodeFrame, FrameReader } from "../../../src/handover/frames.ts";
import { type FromForward, fromForward, fromSense, MAX_FRAME_BYTES } from "../../../src/handover/protocol.ts";

const EPOCH = "7k2m9qv4x0t8b1ce";
const KEPT: FromForward = { type: "kept", epoch: EPOCH, seq: 7 };

const frameOf = (text: string | Uint8Array): Buffer => {
  const body = Buffer.from(text as string);
  const frame = Buffer.alloc(4 + body.length);
  frame.writeUInt32BE(body.length, 0);
  body.copy(frame, 4);
  return frame;
};

interface Heard {
  readonly messages: unknown[];
  readonly failure?: string;
}

/** What a reader makes of chunks, up to its failure. */
function read(chunks: readonly Uint8Array[], schema = fromForward): Heard {
  const reader = new FrameReader<FromForward>(schema);
  const messages: unknown[] = [];
  try {
    for (const chunk of chunks) for (const message of reader.push(Buffer.from(chunk))) messages.push(message);
  } catch (failure) {
    if (!(failure instanceof TelpostError)) throw failure;
    return { messages, failure: `${failure.code} ${failure.detail}` };
  }
  return { messages };
}

const refusal = (text: string | Uint8Array) => read([frameOf(text)]).failure;

const message = fc.oneof(
  fc.record({ type: fc.constant("kept" as const), epoch: fc.constant(EPOCH), seq: fc.nat() }),
  fc.record({ type: fc.constant("keys" as const), jws: fc.stringMatching(KEY_SET_TEXT, { maxLength: 300 }) }),
);

/** Cuts bytes at any places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [
    0,
    ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ] as const;
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

it("gives the same messages however the stream is cut, also those before one that does not fit", () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 40 }),
      fc.boolean(),
      (messages, places, broken) => {
        const tail = broken ? frameOf("{}") : Buffer.alloc(0);
        const bytes = Buffer.concat([...messages.map((one) => encodeFrame(one)), tail]);
        const heard = read(cut(bytes, places));
        expect(heard.messages).toEqual(messages);
        expect(heard.failure).toBe(broken ? "handover.protocol type" : undefined);
      },
    ),
  );
});

it("reads a frame that comes one byte at a time, up to the largest, without copying it again and again", () => {
  const largest: FromForward = { type: "keys", jws: `key.set.${"x".repeat(64 * 1024 - 8)}` };
  const bytes = encodeFrame(largest);
  const chunks = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
  expect(read(chunks).messages).toEqual([largest]);
});

it("refuses a length beyond the limit from the header alone, before anything of the frame came", () => {
  for (const length of [MAX_FRAME_BYTES + 1, 0x7fffffff, 0xffffffff]) {
    const header = Buffer.alloc(4);
    header.writeUInt32BE(length);
    expect(read([header]).failure).toBe("handover.protocol frame too large");
  }
});

it("waits for the rest of a truncated frame and gives nothing of it", () => {
  const bytes = encodeFrame(KEPT);
  for (let length = 0; length < bytes.length; length++)
    expect(read([bytes.subarray(0, length)])).toEqual({ messages: [] });
});

it("refuses what is not JSON", () => {
  for (const text of ["", "{", "\u0000", "kept", "NaN", Buffer.from([0xff, 0xfe, 0x00])])
    expect(refusal(text)).toBe("handover.protocol not JSON");
});

it("refuses what is JSON and no message", () => {
  for (const text of ["null", "1", '"kept"', "[]", "{}", '{"type":"offer"}', '[{"type":"kept"}]'])
    expect(refusal(text)).toMatch(/^handover\.protocol /);
});

it("refuses unknown keys, however they are named", () => {
  const good = `"type":"kept","epoch":"${EPOCH}","seq":7`;
  expect(refusal(`{${good}}`)).toBeUndefined();
  for (const extra of ['"more":1', '"__proto__":{"seq":1}', '"constructor":1', '"":null'])
    expect(refusal(`{${good},${extra}}`)).toBe("handover.protocol shape");
});

it("refuses wrong types and values out of range, and names the place, never the value", () => {
  const wrong: [object, string][] = [
    [{ seq: "7" }, "seq"],
    [{ seq: -1 }, "seq"],
    [{ seq: 1.5 }, "seq"],
    [{ seq: 2 ** 53 }, "seq"],
    [{ seq: null }, "seq"],
    [{ epoch: "7K2M9QV4X0T8B1CE" }, "epoch"],
    [{ epoch: `${EPOCH}\n` }, "epoch"],
  ];
  for (const [change, place] of wrong)
    expect(refusal(JSON.stringify({ ...KEPT, ...change }))).toBe(`handover.protocol ${place}`);
});

it("survives JSON that is 100,000 levels deep, at the top and inside a message", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  expect(refusal(deep)).toMatch(/^handover\.protocol /);
  expect(refusal(`{"type":"kept","epoch":"${EPOCH}","seq":${deep}}`)).toBe("handover.protocol seq");
  const objects = `${'{"a":'.repeat(40_000)}1${"}".repeat(40_000)}`;
  expect(refusal(`{"type":"keys","jws":${objects}}`)).toBe("handover.protocol jws");
});

it("names another major version, whatever else that hello holds", () => {
  const hello = { type: "hello", version: { major: 2, minor: 0 }, new: ["things"] };
  expect(refusal(JSON.stringify(hello))).toBe("handover.version theirs 2, ours 1");
  expect(refusal(JSON.stringify({ type: "hello", version: { major: "2" } }))).toMatch(/^handover\.protocol /);
});

it("takes any minor version with the shape of this major one", () => {
  const hello: FromForward = {
    type: "hello",
    version: { major: 1, minor: 99 },
    lastSeqKept: null,
    lastEventKept: null,
    lastEnds: [],
    baselines: [],
    stoppedCleanly: false,
    keys: null,
  };
  expect(read([encodeFrame(hello)]).messages).toEqual([hello]);
});

it("never writes a frame that the other side would refuse for its length", () => {
  expect(() => encodeFrame({ jws: "x".repeat(MAX_FRAME_BYTES) })).toThrow(
    expect.objectContaining({ code: "handover.protocol" }),
  );
});

it("takes no message of the other direction", () => {
  expect(fromSense.safeParse(KEPT).success).toBe(false);
  expect(refusal(JSON.stringify({ type: "stopping" }))).toMatch(/^handover\.protocol /);
});
