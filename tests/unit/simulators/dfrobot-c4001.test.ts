import { describe, expect, it } from "vitest";
import { profileEngine } from "../../../src/sense/sensor/profile/engine.ts";
import { powered } from "../../../src/simulators/catalog.ts";
import { c4001 } from "../../../src/simulators/dfrobot-c4001.ts";
import { peopleAt, type Walker } from "../../../src/simulators/scene.ts";
import type { LineBytes } from "../../../src/simulators/simulator.ts";
import { deviceProfile, settingsOf } from "../../kit/devices.ts";
import { Meeting } from "../../kit/meeting.ts";

const SCENE: readonly Walker[] = [
  { fromMs: 8000, untilMs: 11_000, from: [0, 1], to: [0, 4] },
  { fromMs: 10_000, untilMs: 12_500, from: [1, 4], to: [1, 1] },
  { fromMs: 22_000, untilMs: 24_000, from: [0, 1], to: [0, 4] },
];
const said = (send: readonly LineBytes[]) =>
  send.map(({ bytes }) => Buffer.from(bytes).toString("latin1")).join("");
const typed = (text: string): LineBytes => ({ port: "main", bytes: Buffer.from(text) });

function engine() {
  const profile = deviceProfile("dfrobot-c4001");
  return profileEngine(profile, settingsOf(profile));
}

describe("the simulated C4001", () => {
  it("speaks as recorded: garbage first, then sentences of the mode that is set", () => {
    const device = powered(c4001)([{ fromMs: 500, untilMs: 900, from: [0, 1.817], to: [0, 1.817] }], 0);
    expect(Buffer.from(device.tick(100)[0]?.bytes ?? []).toString("hex", 0, 8)).toBe("08c2339fddf5ffff");
    expect(said(device.tick(200))).toBe("$DFHPD,0, , , *\r\n");
    expect(said(device.tick(600))).toBe("$DFHPD,1, , , *\r\n");
    device.hear(typed("sensorStop\r\n"), 600);
    device.hear(typed("setRunApp 1\r\n"), 1700);
    device.hear(typed("sensorStart\r\n"), 2800);
    expect(said(device.tick(2900))).toBe("$DFDMD,0, , , , , , *\r\n");
    expect(said(device.tick(3000))).toHaveLength(23);
  });

  it("refuses to be set while it measures, and does not hear a second command in the same second", () => {
    const device = powered(c4001)([], 0);
    expect(said(device.hear(typed("setRunApp 1\r\n"), 0))).toBe("setRunApp 1\r\nError\r\nleapMMW:/>");
    expect(said(device.hear(typed("sensorStop\r\n"), 999))).toBe("");
    expect(said(device.hear(typed("sensor"), 1000)) + said(device.hear(typed("Stop\r\n"), 1000))).toBe(
      "sensorStop\r\nDone\r\nleapMMW:/>",
    );
    expect(device.tick(1100)).toEqual([]);
  });

  it("has the engine know at every sentence whether somebody is there, also after its power was away", () => {
    const device = powered(c4001)(SCENE, 0);
    const meeting = new Meeting(engine(), device).run(15_000);
    device.reboot(15_000);
    meeting.run(30_000);
    const told = meeting.present();
    expect(told.length).toBeGreaterThan(200);
    expect(told.filter(({ atMs, present }) => present !== Math.min(1, peopleAt(SCENE, atMs).length))).toEqual(
      [],
    );
    expect(told.some(({ atMs, present }) => atMs > 22_000 && present === 1)).toBe(true);
  });
});
