import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SystemClock } from "../../../src/base/clock.ts";
import { SerialLine } from "../../../src/sense/line/serial-line.ts";
import { SIMULATORS } from "../../../src/simulators/catalog.ts";
import { PluggedDevice } from "../../../src/simulators/plugged-device.ts";
import type { LineBytes } from "../../../src/simulators/simulator.ts";
import { LineRecorder } from "../../kit/line-recorder.ts";
import { aWhile, until } from "../../kit/until.ts";

const CHIRP = "channelCfg 1\nprofileCfg 1\nchirpCfg 1\nframeCfg 0 2 48 0 20.00 1 0\nsensorStart\n";
const clock = new SystemClock();
let folder: string;
let stops: (() => unknown)[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-plugged-"));
  stops = [];
});
afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
  rmSync(folder, { recursive: true });
});

function plugged(id: string, ports?: readonly LineBytes["port"][]): PluggedDevice {
  const device = SIMULATORS[id]?.([], clock.monotonic());
  if (!device) throw new Error(`no simulator for ${id}`);
  const made = new PluggedDevice(device, ports ? { clock, folder, ports } : { clock, folder });
  made.plug();
  stops.push(() => made.unplug());
  return made;
}

function reading(port: string) {
  const settings = { port, baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1 } as const;
  const line = new SerialLine({ settings, clock, jitterBelow: () => 1 });
  const told = new LineRecorder();
  line.start(told);
  stops.push(() => line.stop());
  return { line, told };
}

describe("a simulated device behind a pseudo-terminal", () => {
  it("answers on the line on which it was asked, and sends frames on its other one", async () => {
    const radar = plugged("ti-iwr6843", ["main", "command"]);
    const [data, command] = [reading(radar.path()), reading(radar.path("command"))];
    await until(() => data.told.ups + command.told.ups === 2, "both lines open");
    command.line.write(Buffer.from(CHIRP));
    await until(() => data.told.bytesHeard > 200, "frames");
    const answered = () => command.told.heard.toString("latin1");
    await until(() => /sensorStart\nDone\n\rmmwDemo:\/>$/.test(answered()), "the last answer");
    expect(data.told.heard.toString("hex", 0, 8)).toBe("0201040306050807");
    radar.reboot();
    // What it sent before may still be on its way: asked is the device itself.
    const { lastSent } = radar;
    await aWhile();
    expect(radar.lastSent).toBe(lastSent);
  });

  it("hands nobody what it sent before its port was open", async () => {
    const radar = plugged("benewake-tfmini");
    await until(() => radar.lastSent.length > 0, "it sends");
    await aWhile();
    const fd = openSync(radar.path(), constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    stops.push(() => closeSync(fd));
    expect(() => readSync(fd, Buffer.alloc(100))).toThrow("EAGAIN");
  });

  it("is found again after it was unplugged", async () => {
    const radar = plugged("benewake-tfmini");
    const { told } = reading(radar.path());
    await until(() => told.bytesHeard > 0, "a frame");
    radar.unplug();
    await until(() => told.downs.length > 0, "gone");
    const before = told.bytesHeard;
    radar.plug();
    await until(() => told.bytesHeard > before + 100, "frames again");
  });

  it("sends damaged what it would have sent, until the damage ends", async () => {
    const radar = plugged("benewake-tfmini");
    const { told } = reading(radar.path());
    radar.damage(() => Uint8Array.of(0xee));
    await until(() => told.heard.includes(0xee), "damage");
    radar.damage(null);
    await until(() => told.heard.includes("59596801b004c8089f", 0, "hex"), "whole frames");
  });
});
