import { describe, expect, it } from "vitest";
import { distanceBeamEngine } from "../../../src/sense/sensor/distance-beam-engine.ts";
import { tfmini, tfminiFrame } from "../../../src/simulators/benewake-tfmini.ts";
import { powered } from "../../../src/simulators/catalog.ts";
import { passagesOf, type Walker } from "../../../src/simulators/scene.ts";
import { deviceProfile, settingsOf } from "../../kit/devices.ts";
import { countedIn, Meeting } from "../../kit/meeting.ts";

const SCENE: readonly Walker[] = [
  { fromMs: 2000, untilMs: 5000, from: [-0.5, 1], to: [0.5, 4] },
  { fromMs: 4000, untilMs: 7000, from: [1, 4], to: [1, 1] },
  { fromMs: 20_000, untilMs: 22_000, from: [0, 1], to: [0.5, 3] },
];
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function engine() {
  const profile = deviceProfile("benewake-tfmini");
  return distanceBeamEngine(profile, settingsOf(profile, { nearerThanMetres: 3.2 }));
}

describe("the simulated TFmini", () => {
  it("measures the wall a hundred times a second, and whoever stands in the beam instead", () => {
    const device = powered(tfmini)(SCENE, 0);
    const distances = [];
    while ((device.dueMs ?? 0) <= 4000) {
      const [frame] = device.tick(device.dueMs ?? 0);
      distances.push(Buffer.from(frame?.bytes ?? []).readInt16LE(2));
    }
    expect(distances).toHaveLength(400);
    expect(distances[0]).toBe(360);
    expect(distances[299]).toBe(163);
    expect(hex(tfminiFrame(3.6))).toBe("59596801b004c8089f");
    expect(hex(powered(tfmini)([], 0).tick(10)[0]?.bytes ?? new Uint8Array())).toBe("59596801b004c8089f");
  });

  it("has every passage counted once, also after its power was away", () => {
    const device = powered(tfmini)(SCENE, 0);
    const meeting = new Meeting(engine(), device).run(10_000);
    device.reboot(15_000);
    meeting.run(30_000);
    expect(countedIn(meeting.heard)).toEqual({ in: passagesOf(SCENE, 2).length, out: 0 });
    expect(meeting.discarded).toEqual([]);
  });
});
