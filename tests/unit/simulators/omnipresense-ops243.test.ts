import { describe, expect, it } from "vitest";
import { profileEngine } from "../../../src/sense/sensor/profile/engine.ts";
import { powered } from "../../../src/simulators/catalog.ts";
import { ops243 } from "../../../src/simulators/omnipresense-ops243.ts";
import type { Walker } from "../../../src/simulators/scene.ts";
import type { LineBytes } from "../../../src/simulators/simulator.ts";
import { deviceProfile, settingsOf } from "../../kit/devices.ts";
import { countedIn, Meeting } from "../../kit/meeting.ts";

const nearer = (fromMs: number): Walker => ({ fromMs, untilMs: fromMs + 2000, from: [0, 3], to: [0, 1] });
const away = (fromMs: number): Walker => ({ fromMs, untilMs: fromMs + 2000, from: [0, 1], to: [0, 3] });
const SCENE = [nearer(5000), away(6000), nearer(8000), nearer(9000), nearer(30_000), nearer(40_000)];

const said = (send: readonly LineBytes[]) => send.map(({ bytes }) => Buffer.from(bytes).toString()).join("");
const typed = (text: string): LineBytes => ({ port: "main", bytes: Buffer.from(text) });

function engine() {
  const profile = deviceProfile("omnipresense-ops243");
  return profileEngine(profile, settingsOf(profile));
}

describe("the simulated OPS243", () => {
  it("answers as the manual prints it, to commands without an end of line, cut anyhow", () => {
    const radar = powered(ops243)([nearer(0), nearer(500), nearer(1000)], 0);
    radar.hear(typed("OJR+"), 0);
    expect(said(radar.tick(1000))).toBe('{"speed":1.24,"direction":"inbound","time":1,"tick":0}\r\n');
    radar.tick(3000);
    expect(said(radar.hear(typed("N"), 3000))).toBe("");
    expect(said(radar.hear(typed("?"), 3000))).toBe('{"DetectedObjectCount":3}\r\n');
    expect(said(radar.hear(typed("N>3OrOf\r\n?P"), 3000))).toBe('{"Product":"OPS243"}\r\n');
    expect(said(radar.hear(typed("N!N?"), 3000))).toBe('{"DetectedObjectCount":0}\r\n');
  });

  it("has the engine count who comes nearer, and start it again with its total at zero", () => {
    const radar = powered(ops243)(SCENE, 0);
    const meeting = new Meeting(engine(), radar).run(20_000);
    expect(countedIn(meeting.heard)).toEqual({ in: 3, out: 0 });
    radar.reboot(20_000);
    meeting.run(60_000);
    expect(countedIn(meeting.heard)).toEqual({ in: 5, out: 0 });
  });

  it("loses nobody when answers are lost", () => {
    const meeting = new Meeting(engine(), powered(ops243)(SCENE, 0)).run(4000);
    let answers = 0;
    meeting.lost = ({ bytes }) => Buffer.from(bytes).includes("DetectedObjectCount") && answers++ % 3 !== 2;
    meeting.run(60_000);
    expect(answers).toBeGreaterThan(50);
    expect(countedIn(meeting.heard)).toEqual({ in: 5, out: 0 });
  });
});
