import { describe, expect, it } from "vitest";
import { SIMULATORS } from "../../../src/simulators/catalog.ts";
import { deviceFolders } from "../../kit/devices.ts";

describe("the catalogue of simulated devices", () => {
  it("names only profiles that come with the product", () => {
    expect(Object.keys(SIMULATORS).filter((id) => !deviceFolders.includes(id))).toEqual([]);
  });

  for (const [id, powerUp] of Object.entries(SIMULATORS)) {
    it(`${id} ticks when it asks to, never stands still in time, and forgets what it heard without power`, () => {
      const device = powerUp([], 1000);
      for (let ticks = 0; ticks < 20 && device.dueMs !== null; ticks++) {
        const dueMs = device.dueMs;
        expect(dueMs).toBeGreaterThanOrEqual(1000);
        device.tick(dueMs);
        expect(device.dueMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(dueMs);
      }
      device.hear({ port: "main", bytes: Uint8Array.of(0xfd, 0x41, 0x0d) }, 5000);
      device.reboot(9000);
      expect(device.dueMs).toEqual(powerUp([], 9000).dueMs);
    });
  }
});
