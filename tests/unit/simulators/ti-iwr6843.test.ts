import { describe, expect, it } from "vitest";
import type { CountingLine } from "../../../src/config/schema.ts";
import { tiEngine } from "../../../src/sense/sensor/ti/engine.ts";
import { powered } from "../../../src/simulators/catalog.ts";
import { countUntil, passagesOf, type Walker } from "../../../src/simulators/scene.ts";
import type { LineBytes } from "../../../src/simulators/simulator.ts";
import { tiIwr6843 } from "../../../src/simulators/ti-iwr6843.ts";
import { countedIn, Meeting } from "../../kit/meeting.ts";

const CHIRP = `% wall
sensorStop
flushCfg
channelCfg 15 7 0
profileCfg 0 60.75 30.00 25.00 59.10 657930 0 54.71 1 96 2950.00 2 1 36
chirpCfg 0 0 0 0 0 0 0 1
frameCfg 0 2 48 0 55.00 1 0
sensorStart
`;
const LINE: CountingLine = { id: "line", from: [-2, 2], to: [2, 2], in: "left", hysteresisMetres: 0.1 };
const SCENE: readonly Walker[] = [
  { fromMs: 3000, untilMs: 6000, from: [-0.5, 1], to: [0.5, 4] },
  { fromMs: 3500, untilMs: 7000, from: [1, 4], to: [1, 1] },
  { fromMs: 20_000, untilMs: 23_000, from: [0, 1], to: [0, 3] },
  { fromMs: 20_000, untilMs: 23_000, from: [0.5, 1], to: [1, 1.9] },
];

const typed = (line: string): LineBytes => ({ port: "command", bytes: Buffer.from(line) });
const said = (send: readonly LineBytes[]) =>
  send.map(({ port, bytes }) => `${port} ${Buffer.from(bytes).toString("latin1")}`).join("");

describe("the simulated TI radar", () => {
  for (const dialect of [40, 48] as const) {
    it(`is set up by the engine, and its frames with a header of ${dialect} bytes give exactly who crossed`, () => {
      const meeting = new Meeting(tiEngine({ chirp: CHIRP }), powered(tiIwr6843(dialect))(SCENE, 0));
      meeting.run(30_000);
      expect(countedIn(meeting.heard, LINE)).toEqual(countUntil(passagesOf(SCENE, 2), 30_000));
      expect(countedIn(meeting.heard, LINE)).toEqual({ in: 2, out: 1 });
      expect(meeting.discarded).toEqual([]);
    });
  }

  it("answers with echo, result and prompt, in any chunks", () => {
    const radar = powered(tiIwr6843(40))([], 0);
    const whole = "command sensorStop\nIgnored: Sensor is already stopped\nDone\n\rmmwDemo:/>";
    expect(said(radar.hear(typed("sensorStop\n"), 0))).toBe(whole);
    const letters = [..."sensorStop\n"].map((letter) => said(radar.hear(typed(letter), 0)).slice(8));
    expect(`command ${letters.join("")}`).toBe(whole);
    expect(said(radar.hear(typed("sensorSpot 1\n"), 0))).toContain("'sensorSpot' is not recognized");
    expect(said(radar.hear(typed("% note\r\n"), 0))).toBe("command % note\nSkipped\n\rmmwDemo:/>");
  });

  it("sends nothing before it was set up and started, and refuses to start half set up", () => {
    const radar = powered(tiIwr6843(40))(SCENE, 0);
    expect(radar.dueMs).toBeNull();
    expect(said(radar.hear(typed("frameCfg 0 2 48 0 55.00 1 0\nsensorStart\n"), 0))).toContain("Error");
    expect(radar.dueMs).toBeNull();
    radar.hear(typed(CHIRP), 100);
    expect(radar.dueMs).toBe(155);
    radar.hear(typed("sensorStop\n"), 200);
    expect(radar.dueMs).toBeNull();
  });

  it("has no list of targets in its frame when nobody is there", () => {
    const radar = powered(tiIwr6843(40))([], 0);
    radar.hear(typed(CHIRP), 0);
    const frame = Buffer.from(radar.tick(55)[0]?.bytes ?? []);
    expect(frame.toString("hex", 0, 8)).toBe("0201040306050807");
    expect(frame.readUInt32LE(20)).toBe(1);
    const types = [];
    for (let at = 40; at < frame.length; at += 8 + frame.readUInt32LE(at + 4))
      types.push(frame.readUInt32LE(at));
    expect(types).toEqual([1020]);
  });

  it("is set up again after its power was away, and counts on", () => {
    const device = powered(tiIwr6843(48))(SCENE, 0);
    const meeting = new Meeting(tiEngine({ chirp: CHIRP }), device).run(10_000);
    device.reboot(10_000);
    expect(device.dueMs).toBeNull();
    meeting.run(30_000);
    expect(countedIn(meeting.heard, LINE)).toEqual({ in: 2, out: 1 });
  });

  it("is set up by lines whose answers were lost, too", () => {
    const meeting = new Meeting(tiEngine({ chirp: CHIRP }), powered(tiIwr6843(48))(SCENE, 0));
    let answers = 0;
    meeting.lost = ({ port }) => port === "command" && answers++ % 5 === 3;
    meeting.run(40_000);
    expect(countedIn(meeting.heard, LINE).in).toBeGreaterThan(0);
  });
});
