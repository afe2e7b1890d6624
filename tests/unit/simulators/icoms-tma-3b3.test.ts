import { describe, expect, it } from "vitest";
import { profileEngine } from "../../../src/sense/sensor/profile/engine.ts";
import { powered } from "../../../src/simulators/catalog.ts";
import { icomsRadar } from "../../../src/simulators/icoms-tma-3b3.ts";
import { countUntil, passagesOf } from "../../../src/simulators/scene.ts";
import { deviceProfile, settingsOf } from "../../kit/devices.ts";
import { Meeting } from "../../kit/meeting.ts";
import { crowd, walks } from "../../kit/scenes.ts";

const PROFILE = deviceProfile("icoms-tma-3b3");
const NOON = Date.UTC(2026, 11, 31, 23, 59, 58);

describe("a simulated Icoms radar", () => {
  it("sends one message a passage, field by field as its manual says", () => {
    const device = powered(icomsRadar({ clockMs: NOON }))([walks("in", 1230), walks("out", 2000)], 0);
    const messages = [1230, 2000].map((atMs) => {
      expect(device.dueMs).toBe(atMs);
      return Buffer.from(device.tick(atMs)[0]?.bytes ?? []).toString("hex");
    });
    // 18 km/h, 1.8 m, 23:59:59.23 on 31 incoming December, number 1, 650 cm, kind 1, 2026; then New Year, outgoing.
    expect(messages).toEqual([
      "02991212235959233112010000 8a02012026 03".replaceAll(" ", ""),
      "02991212000000008101020000 8a02012027 03".replaceAll(" ", ""),
    ]);
    expect(device.dueMs).toBe(null);
  });

  it("counts its messages from 1 again when power comes back", () => {
    const device = powered(icomsRadar())([walks("in", 1000), walks("in", 2000), walks("in", 3000)], 0);
    const number = (atMs: number) => Buffer.from(device.tick(atMs)[0]?.bytes ?? []).readUIntLE(10, 3);
    expect([number(1000), number(2000)]).toEqual([1, 2]);
    device.reboot(2500);
    expect(number(3000)).toBe(1);
  });
});

describe("an Icoms radar and its engine", () => {
  it("agree on every passage and its direction, and a power cut costs only who passes in it", () => {
    const scene = crowd(60, 1000, 300);
    const talk = new Meeting(
      profileEngine(PROFILE, settingsOf(PROFILE)),
      powered(icomsRadar({ clockMs: NOON }))(scene, 0),
    );
    talk.run(9000).reboot().run(60_000);
    const sum = { in: 0, out: 0 };
    for (const reading of talk.readings) {
      if (reading.type !== "passages") throw new Error("only passages");
      sum.in += reading.in;
      sum.out += reading.out;
    }
    expect(sum).toEqual(countUntil(passagesOf(scene, 2), 60_000));
    expect([talk.discarded, talk.engine.condition]).toEqual([[], "working"]);
  });
});
