import { describe, expect, it } from "vitest";
import { profileEngine } from "../../../src/sense/sensor/profile/engine.ts";
import { powered } from "../../../src/simulators/catalog.ts";
import { peopleAt, type Walker } from "../../../src/simulators/scene.ts";
import type { LineBytes } from "../../../src/simulators/simulator.ts";
import { sscmaCamera } from "../../../src/simulators/sscma-camera.ts";
import { deviceProfile, settingsOf } from "../../kit/devices.ts";
import { Meeting } from "../../kit/meeting.ts";

const SCENE: readonly Walker[] = [
  { fromMs: 5000, untilMs: 9000, from: [0, 1], to: [0, 4] },
  { fromMs: 7000, untilMs: 9500, from: [1, 4], to: [1, 1] },
  { fromMs: 40_000, untilMs: 42_000, from: [0, 1], to: [0, 4] },
];
const said = (send: readonly LineBytes[]) => send.map(({ bytes }) => Buffer.from(bytes).toString()).join("");
const typed = (text: string): LineBytes => ({ port: "main", bytes: Buffer.from(text) });
const read = (text: string) => JSON.parse(text.trim());

function engine() {
  const profile = deviceProfile("sscma-camera");
  return profileEngine(profile, settingsOf(profile));
}

describe("the simulated SSCMA camera", () => {
  it("replies as the protocol page prints it", () => {
    const camera = powered(sscmaCamera())([], 0);
    expect(said(camera.hear(typed("AT+TSCO"), 0)) + said(camera.hear(typed("RE=60\r"), 0))).toBe(
      '\r{"type":0,"name":"TSCORE","code":0,"data":60}\n',
    );
    expect(read(said(camera.hear(typed("AT+7@BREAK\r"), 1530)))).toEqual({
      type: 0,
      name: "7@BREAK",
      code: 0,
      data: 1530,
    });
    expect(read(said(camera.hear(typed("AT+TSCORE=600\r"), 0)))).toMatchObject({ code: 5, data: 60 });
    expect(read(said(camera.hear(typed("AT+FLY=1\r"), 0)))).toMatchObject({ type: 2, code: 8 });
  });

  it("sends as many events as it was asked for, with a picture only when it was asked for one", () => {
    const camera = powered(sscmaCamera())([{ fromMs: 0, untilMs: 9000, from: [0, 2], to: [0, 2] }], 0);
    expect(said(camera.tick(200))).toMatch(/^SENSORDPLIB/);
    expect(said(camera.tick(400))).toBe("");
    camera.hear(typed("AT+INVOKE=1,0,1\r"), 400);
    const event =
      '{"type":1,"name":"INVOKE","code":0,"data":{"count":0,"perf":[8,365,0],"boxes":[[120,120,30,30,88,0]]}}';
    expect(said(camera.tick(600))).toBe(`\r${event}\n`);
    expect(said(camera.tick(800))).toBe("");
    camera.hear(typed("AT+INVOKE=1,0,0\r"), 800);
    expect(read(said(camera.tick(1000))).data.image).toMatch(/^\/9j\//);
  });

  it("has the engine count everybody in view at each event, and start it again when its power was away", () => {
    const camera = powered(sscmaCamera())(SCENE, 0);
    const meeting = new Meeting(engine(), camera).run(12_000);
    camera.reboot(12_000);
    meeting.run(50_000);
    const told = meeting.present();
    expect(told.filter(({ atMs, present }) => present !== peopleAt(SCENE, atMs).length)).toEqual([]);
    expect(Math.max(...told.map(({ present }) => present))).toBe(2);
    expect(told.some(({ atMs, present }) => atMs >= 40_000 && present === 1)).toBe(true);
  });

  it("makes the alarm stand when it sends pictures that nobody asked for", () => {
    const seen = engine();
    const meeting = new Meeting(seen, powered(sscmaCamera({ alwaysPictures: true }))(SCENE, 0)).run(8000);
    expect(seen.condition).toBe("forbidden");
    expect(meeting.present()).toEqual([]);
  });
});
