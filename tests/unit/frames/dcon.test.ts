import { describe, expect, it } from "vitest";
import { dconChecksum, dconFramer } from "../../../src/sense/sensor/frames/dcon.ts";
import { describeWithRecording } from "../../kit/shared-data.ts";
import { run, singly, text, texts, vector } from "./kit.ts";

const framer = dconFramer();
const cut = (characters: string, of = framer) => {
  const { frames, skipped, aside, failed } = run(of, singly(text(characters)));
  return { frames: texts(frames), skipped, aside, failed };
};

describe("DCON answers", () => {
  it("are data, replies and refusals, up to their CR", () => {
    expect(cut(">0000001E\r!01\r?01\r")).toEqual({
      frames: [">0000001E", "!01", "?01"],
      skipped: 0,
      aside: 3,
      failed: 0,
    });
  });

  it("come behind the echo of the own command, which is put aside", () => {
    expect(cut("#010\r>0000001E\r")).toEqual({ frames: [">0000001E"], skipped: 0, aside: 6, failed: 0 });
  });

  it("that were cut short fail where the next one begins", () => {
    expect(cut("#01>0000>0000001E\r")).toEqual({ frames: [">0000001E"], skipped: 8, aside: 1, failed: 2 });
    expect(cut(">0000\n>0000001E\r")).toMatchObject({ frames: [">0000001E"], failed: 1 });
  });

  it("with anything but printable characters fail", () => {
    expect(cut(">00\x00\x001E\r>\xff\r>1\r")).toMatchObject({ frames: [">1"], failed: 2 });
  });

  it("without end hold little", () => {
    const { mostHeld, failed, tooLong } = run(framer, singly(text(`>${"0".repeat(5000)}`)));
    expect({ mostHeld, failed, tooLong }).toEqual({ mostHeld: 80, failed: 1, tooLong: 1 });
  });

  it("keep the check sum that the module is set to send, and fail when it is wrong", () => {
    const summed = dconFramer({ name: "counter", checksum: true });
    const good = `>0000001E${dconChecksum(text(">0000001E"))}`;
    expect(good).toBe(">0000001ED4");
    expect(dconChecksum(text("\x85\x86"))).toBe("0B");
    expect(cut(`#010B4\r${good}\r>0000001FD4\r>\r`, summed)).toMatchObject({ frames: [good], failed: 2 });
    expect(run(summed, [text(`${good}\r`)]).names).toEqual(["counter"]);
  });
});

describeWithRecording("sensor-bytes", "the worked frame of the I-7080 manual", () => {
  it("holds eight hex digits", () => {
    const { frames } = run(framer, [vector("dcon-i7080", "#010")]);
    expect(texts(frames)).toEqual([">0000001E"]);
    expect(Number.parseInt(texts(frames)[0]?.slice(1) ?? "", 16)).toBe(30);
  });
});
