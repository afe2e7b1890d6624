import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { serialPorts } from "../../../src/setup/machine.ts";

/** A /dev with these devices and links below serial/. */
function devices(names: readonly string[], links: Readonly<Record<string, string>>): string {
  const dev = mkdtempSync(join(tmpdir(), "telpost-dev-"));
  onTestFinished(() => rmSync(dev, { recursive: true }));
  for (const name of names) writeFileSync(join(dev, name), "");
  for (const folder of ["by-id", "by-path"]) mkdirSync(join(dev, "serial", folder), { recursive: true });
  for (const [link, to] of Object.entries(links)) symlinkSync(`../../${to}`, join(dev, "serial", link));
  return dev;
}
const found = (dev: string) => serialPorts(dev).map(({ path }) => path.slice(dev.length + 1));

it("finds serial ports, each once, under the name that stays", () => {
  const dev = devices(["ttyUSB0", "ttyUSB1", "ttyAMA0", "ttyACM3", "ttyS0", "tty1", "gpiochip0"], {
    "by-id/usb-radar-port0": "ttyUSB1",
    "by-id/usb-camera": "ttyACM3",
    "by-id/usb-counter-port0": "ttyUSB0",
    "by-id/usb-gone-port0": "ttyUSB9",
    "by-path/platform-xhci-usb-0:1:1.0-port0": "ttyUSB0",
  });
  const lasting = ["by-id/usb-camera", "ttyAMA0", "by-id/usb-counter-port0", "by-id/usb-radar-port0"];
  expect(found(dev)).toEqual(lasting.map((name) => (name.includes("/") ? `serial/${name}` : name)));
  expect(serialPorts(dev)[3]).toEqual({ path: expect.any(String), device: join(dev, "ttyUSB1") });
  expect(serialPorts(join(dev, "nowhere"))).toEqual([]);
});

it("tells adapters of one kind apart by where they are plugged in, because they share one name", () => {
  const dev = devices(["ttyUSB0", "ttyUSB1", "ttyUSB2"], {
    "by-id/usb-1a86_USB_Serial-if00-port0": "ttyUSB1",
    "by-path/usb-0:1:1.0-port0": "ttyUSB0",
    "by-path/usb-0:2:1.0-port0": "ttyUSB1",
  });
  expect(found(dev)).toEqual([
    "serial/by-path/usb-0:1:1.0-port0",
    "serial/by-path/usb-0:2:1.0-port0",
    "ttyUSB2",
  ]);
});
