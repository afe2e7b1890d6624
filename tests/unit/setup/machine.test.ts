import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { serialPorts } from "../../../src/setup/machine.ts";

it("finds serial ports, each once, under the name that stays", () => {
  const dev = mkdtempSync(join(tmpdir(), "telpost-dev-"));
  onTestFinished(() => rmSync(dev, { recursive: true }));
  for (const name of ["ttyUSB0", "ttyUSB1", "ttyAMA0", "ttyACM3", "ttyS0", "tty1", "gpiochip0"])
    writeFileSync(join(dev, name), "");
  const byId = join(dev, "serial/by-id");
  mkdirSync(byId, { recursive: true });
  symlinkSync("../../ttyUSB1", join(byId, "usb-radar-port0"));
  symlinkSync("../../ttyUSB9", join(byId, "usb-gone-port0"));
  expect(serialPorts(dev)).toEqual([
    { path: join(byId, "usb-radar-port0"), device: join(dev, "ttyUSB1") },
    { path: join(dev, "ttyACM3"), device: join(dev, "ttyACM3") },
    { path: join(dev, "ttyAMA0"), device: join(dev, "ttyAMA0") },
    { path: join(dev, "ttyUSB0"), device: join(dev, "ttyUSB0") },
  ]);
  expect(serialPorts(join(dev, "nowhere"))).toEqual([]);
});
