import { readFileSync } from "node:fs";
import { LinuxBinding } from "@serialport/bindings-cpp";
import { SerialPortStream } from "@serialport/stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SerialLine } from "../../../src/sense/line/serial-line.ts";
import { CountingClock } from "../../kit/counting-clock.ts";
import { LineRecorder } from "../../kit/line-recorder.ts";
import { FakeDevice } from "../../kit/pty.ts";
import { aWhile, until } from "../../kit/until.ts";

/** A spinning reader makes tens of thousands of read calls in the time that a quiet process makes a few. */
const A_SPIN = 2000;

let device: FakeDevice;
beforeEach(() => {
  device = new FakeDevice();
  device.plug();
});
afterEach(() => device.dispose());

/** read(2) calls of this process so far (proc(5), io). */
function readCalls(): number {
  return Number(/syscr: (\d+)/.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}

test("a device pulled while it floods is reported gone once, and its reader does not spin", async () => {
  const settings = {
    port: device.link,
    baudRate: 115_200,
    dataBits: 8,
    parity: "none",
    stopBits: 1,
  } as const;
  const line = new SerialLine({ settings, clock: new CountingClock(), jitterBelow: (limit) => limit });
  const told = new LineRecorder();
  let callsAtPull = 0;
  told.onBytes = () => {
    // The reader is between two reads here, not waiting for the terminal: the next read finds it hung up.
    callsAtPull ||= readCalls();
    device.unplug();
  };
  line.start(told);
  await until(() => told.ups === 1, "up");
  device.send(Buffer.alloc(2 ** 20, "x"));
  await until(() => told.downs.length > 0, "the hang-up is noticed");
  await aWhile();
  expect(told.downs.filter((code) => code === "device.gone")).toHaveLength(1);
  expect(readCalls() - callsAtPull).toBeLessThan(A_SPIN);
  await line.stop();
});

test("without the guard the same hang-up is never noticed and the reader spins", async () => {
  const stream = new SerialPortStream({
    binding: LinuxBinding,
    path: device.link,
    baudRate: 115_200,
    hupcl: false,
  });
  let closed = false;
  let callsAtPull = 0;
  stream.on("close", () => {
    closed = true;
  });
  stream.on("data", () => {
    callsAtPull ||= readCalls();
    device.unplug();
  });
  await new Promise((resolve) => stream.on("open", resolve));
  device.send(Buffer.alloc(2 ** 20, "x"));
  await until(() => callsAtPull > 0 && readCalls() - callsAtPull > A_SPIN, "the reader spins");
  expect(closed).toBe(false);
  await new Promise((resolve) => stream.close(resolve));
});
