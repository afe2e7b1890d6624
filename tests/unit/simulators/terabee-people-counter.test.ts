import { describe, expect, it } from "vitest";
import { profileEngine } from "../../../src/sense/sensor/profile/engine.ts";
import { powered } from "../../../src/simulators/catalog.ts";
import { countUntil, passagesOf } from "../../../src/simulators/scene.ts";
import { terabeeCounter } from "../../../src/simulators/terabee-people-counter.ts";
import { deviceProfile, hex, settingsOf } from "../../kit/devices.ts";
import { Meeting } from "../../kit/meeting.ts";
import { crowd, walks } from "../../kit/scenes.ts";

const RESET = hex("005508000000007c");
const PROFILE = deviceProfile("terabee-people-counter");
const PEOPLE_MS = 700;

/** What the device says up to a moment, as hex, one text a tick. */
function said(device: ReturnType<ReturnType<typeof powered>>, untilMs: number): string[] {
  const all: string[] = [];
  while (device.dueMs !== null && device.dueMs <= untilMs)
    all.push(
      device
        .tick(device.dueMs)
        .map(({ bytes }) => Buffer.from(bytes).toString("hex"))
        .join(""),
    );
  return all;
}

const counts = (frames: readonly string[]) => frames.filter((frame) => frame.startsWith("5043"));

describe("a simulated Terabee people counter", () => {
  it("tells two distances twenty times a second, and the nearer one is on the side of the body", () => {
    const device = powered(terabeeCounter())([walks("in", 1010)], 0);
    const frames = said(device, 1100).map((frame) => frame.slice(0, 12));
    expect(frames.filter((frame) => frame.startsWith("4444"))).toHaveLength(22);
    expect(frames.indexOf("4444012c04b0")).toBeGreaterThan(0);
    expect(frames.indexOf("444404b0012c")).toBeGreaterThan(frames.indexOf("4444012c04b0"));
  });

  it("counts each person in a frame that closes with its CRC, with the difference in front", () => {
    const device = powered(terabeeCounter())([walks("out", 1000), walks("out", 1020), walks("in", 1041)], 0);
    const frames = counts(said(device, 1049)).map((frame) => frame.slice(12, 28));
    expect(frames).toEqual(["ffffffff00000001", "fffffffe00000002", "ffffffff00010002"]);
  });

  it("sets its counters to 0 by the worked command, also in pieces, and without power", () => {
    const device = powered(terabeeCounter())(crowd(30, 1000, PEOPLE_MS), 0);
    said(device, 5000);
    for (const byte of RESET) device.hear({ port: "main", bytes: Uint8Array.of(byte) }, 5000);
    expect(counts(said(device, 6000))[0]?.slice(20, 28)).toBe("00010000");
    device.reboot(9000);
    expect(counts(said(device, 9500))[0]?.slice(20, 28)).toBe("00010000");
  });
});

describe("a Terabee people counter and its engine", () => {
  const scene = crowd(30, 1010, PEOPLE_MS);
  const passages = passagesOf(scene, 2);
  const talking = () =>
    new Meeting(profileEngine(PROFILE, settingsOf(PROFILE)), powered(terabeeCounter())(scene, 0));
  /** The running totals after each person. */
  const truth = (fromMs: number, untilMs: number) => {
    const before = countUntil(passages, fromMs);
    return passages
      .filter(({ atMs }) => atMs > fromMs && atMs <= untilMs)
      .map(({ atMs }) => {
        const after = countUntil(passages, atMs);
        return { type: "totals", in: after.in - before.in, out: after.out - before.out };
      });
  };

  it("agree on the totals after each person, and the sensor lives while nobody is there", () => {
    const talk = talking().run(60_000);
    expect(talk.readings).toEqual(truth(0, 60_000));
    expect([talk.discarded, talk.engine.condition]).toEqual([[], "working"]);
  });

  it("go on from zero after a power cut", () => {
    const talk = talking().run(9000).reboot().run(60_000);
    expect(talk.readings).toEqual([...truth(0, 9000), ...truth(9000, 60_000)]);
  });

  it("lose nobody with a lost message: the next total holds everybody", () => {
    const talk = talking();
    let frames = 0;
    talk.lost = ({ bytes }) => bytes[0] === 0x50 && frames++ % 2 === 0;
    talk.run(60_000);
    expect(talk.readings).toEqual(truth(0, 60_000).filter((_, at) => at % 2 === 1));
  });
});
