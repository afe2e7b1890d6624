import { VirtualClock } from "../../src/base/virtual-clock.ts";
import { ReplayLine } from "../../src/sense/line/replay-line.ts";
import { SerialLine } from "../../src/sense/line/serial-line.ts";
import { CountingClock } from "../kit/counting-clock.ts";
import { FakeDevice, openTerminals } from "../kit/pty.ts";
import { aWhile, until } from "../kit/until.ts";
import { type ByteRig, byteLineContract } from "./byte-line.contract.ts";

function serialRig(): ByteRig {
  const device = new FakeDevice();
  const clock = new CountingClock();
  const settings = {
    port: device.link,
    baudRate: 115_200,
    dataBits: 8,
    parity: "none",
    stopBits: 1,
  } as const;
  const line = new SerialLine({ settings, clock, jitterBelow: (limit) => Math.min(limit, 20) });
  const before = openTerminals();
  return {
    line,
    absent: "device.absent",
    say: () => device.send(Buffer.from("x")),
    start: (listener) => line.start(listener),
    plug: () => device.plug(),
    unplug: () => device.unplug(),
    send: (bytes) => device.send(bytes),
    received: () => device.heard,
    until,
    aWhile,
    held: () => [...clock.pending, ...Array<string>(openTerminals() - before).fill("descriptor")],
    async dispose() {
      await line.stop();
      device.dispose();
    },
  };
}

function replayRig(): ByteRig {
  const clock = new VirtualClock(0);
  const received: Uint8Array[] = [];
  const line = new ReplayLine((bytes) => received.push(bytes));
  let plugged = false;
  const look = () => (plugged ? line.open(clock.monotonic()) : line.fail("device.absent", clock.monotonic()));
  return {
    line,
    absent: "device.absent",
    say: () => line.feedBytes(Buffer.from("x"), clock.monotonic()),
    start(listener) {
      line.start(listener);
      look();
    },
    plug() {
      plugged = true;
      look();
    },
    unplug() {
      plugged = false;
      line.fail("device.gone", clock.monotonic());
    },
    send: (bytes) => line.feedBytes(bytes, clock.monotonic()),
    received: () => Buffer.concat(received),
    async until(condition, what) {
      clock.advance(1);
      if (!condition()) throw new Error(`never happened: ${what}`);
    },
    async aWhile() {
      clock.advance(60_000);
    },
    held: () => [],
    dispose: () => line.stop(),
  };
}

byteLineContract("ReplayLine", replayRig);
byteLineContract("SerialLine", serialRig);
