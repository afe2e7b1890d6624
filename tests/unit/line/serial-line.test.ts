import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, closeSync, constants, openSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openPty } from "../../../src/base/native/pty.ts";
import { SerialLine } from "../../../src/sense/line/serial-line.ts";
import { CountingClock } from "../../kit/counting-clock.ts";
import { LineRecorder } from "../../kit/line-recorder.ts";
import { FakeDevice, openTerminals } from "../../kit/pty.ts";
import { addControlFlags, controlFlags, HUPCL } from "../../kit/termios.ts";
import { aWhile, until } from "../../kit/until.ts";

const isRoot = process.getuid?.() === 0;

let device: FakeDevice;
let lines: SerialLine[];
beforeEach(() => {
  device = new FakeDevice();
  lines = [];
});
afterEach(async () => {
  await Promise.all(lines.map((line) => line.stop()));
  device.dispose();
});

function makeLine(port: string = device.link, clock = new CountingClock()) {
  const settings = { port, baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1 } as const;
  const line = new SerialLine({ settings, clock, jitterBelow: (limit) => Math.min(limit, 20) });
  lines.push(line);
  return line;
}

async function opened() {
  device.plug();
  const line = makeLine();
  const told = new LineRecorder();
  line.start(told);
  await until(() => told.ups === 1, "up");
  return { line, told };
}

/** Exit code 0 when another user can open the terminal for reading. */
async function othersCanOpen(path: string): Promise<boolean> {
  chmodSync(path, 0o666);
  const script = 'exec 3<"$1"';
  const other = spawn("sh", ["-c", script, "sh", path], {
    stdio: "ignore",
    ...(isRoot ? { uid: 65_534, gid: 65_534 } : {}),
  });
  const [code] = await once(other, "exit");
  return code === 0;
}

test("a second opener is told device.busy, and gets the port once the first lets go", async () => {
  const { line } = await opened();
  const told = new LineRecorder();
  makeLine().start(told);
  await until(() => told.downs.length > 0, "refused");
  await aWhile();
  expect(told.downs).toEqual(["device.busy"]);
  await line.stop();
  await until(() => told.ups === 1, "the second is up");
});

test("another program cannot open the port while the line holds it, and can afterwards", async () => {
  const { line } = await opened();
  const path = device.terminal ?? "";
  expect(await othersCanOpen(path)).toBe(false);
  await line.stop();
  expect(await othersCanOpen(path)).toBe(true);
});

test("a change of the reason is told, the same reason is not told again", async () => {
  const told = new LineRecorder();
  makeLine().start(told);
  await until(() => told.downs.length === 1, "absent");
  writeFileSync(device.link, "");
  await until(() => told.downs.length === 2, "refused: a plain file is no terminal");
  rmSync(device.link);
  await until(() => told.downs.length === 3, "absent again");
  await aWhile();
  expect(told.downs).toEqual(["device.absent", "device.refused", "device.absent"]);
});

test("a port without permission is device.denied", async () => {
  device.plug();
  chmodSync(dirname(device.link), 0o755);
  chmodSync(device.terminal ?? "", 0);
  const told = new LineRecorder();
  // Root may open anything, so this test is somebody else for a moment.
  if (isRoot) process.seteuid?.(65_534);
  try {
    makeLine().start(told);
    await until(() => told.downs.length > 0, "refused");
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
  expect(told.downs).toEqual(["device.denied"]);
});

test("a link that is pointed at another terminal while the device is away leads to the new one", async () => {
  const { told } = await opened();
  device.unplug();
  await until(() => told.downs.includes("device.gone"), "gone");
  const other = openPty();
  symlinkSync(other.path, device.link);
  await until(() => told.ups === 2, "up at the other terminal");
  other.write(Buffer.from("other"));
  await until(() => told.bytesHeard === 5, "heard");
  expect(told.heard.toString()).toBe("other");
  rmSync(device.link);
  other.close();
});

test("every byte value passes unchanged in both directions", async () => {
  const { line, told } = await opened();
  const all = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
  device.send(all);
  line.write(all);
  await until(() => told.bytesHeard >= 256 && device.heard.length >= 256, "both have all");
  expect(told.heard.equals(all)).toBe(true);
  expect(device.heard.equals(all)).toBe(true);
});

test("a flood of one megabyte arrives whole and in order", async () => {
  const { told } = await opened();
  const flood = Buffer.alloc(2 ** 20);
  for (let at = 0; at < flood.length; at += 4) flood.writeUInt32BE(at, at);
  device.send(flood);
  await until(() => told.bytesHeard >= flood.length, "all of it arrives");
  expect(told.heard.equals(flood)).toBe(true);
});

test("a device that takes no bytes stops neither the reading nor the memory of the writer", async () => {
  device = new FakeDevice({ deaf: true });
  const { line, told } = await opened();
  const command = Buffer.alloc(4096, "w");
  const before = process.memoryUsage().arrayBuffers;
  for (let count = 0; count < 2000; count++) line.write(command);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  await aWhile();
  device.send(Buffer.from("still here"));
  await until(() => told.bytesHeard === 10, "bytes pass though writes do not");
  expect(told.downs).toEqual([]);
});

test("a port that closes leaves DTR as it is", async () => {
  device.plug();
  const fd = openSync(device.link, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  addControlFlags(fd, HUPCL);
  await opened();
  expect(controlFlags(fd) & HUPCL).toBe(0);
  closeSync(fd);
});

test("stopping at any moment of an opening leaves nothing behind", async () => {
  device.plug();
  const before = openTerminals();
  for (let turns = 0; turns < 20; turns++) {
    const clock = new CountingClock();
    const told = new LineRecorder();
    const line = makeLine(device.link, clock);
    line.start(told);
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    await line.stop();
    expect(openTerminals()).toBe(before);
    expect(clock.pending).toEqual([]);
  }
});

test("nothing is told after a stop, not even how the opening under way ended", async () => {
  const told = new LineRecorder();
  const line = makeLine();
  line.start(told);
  await line.stop();
  await aWhile();
  expect(told.told).toEqual([]);
  expect(() => line.start(told)).toThrow("starts once");
});
