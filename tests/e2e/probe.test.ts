import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkValue } from "../../src/sense/sensor/frames/checks.ts";
import { FakeDevice } from "../kit/pty.ts";
import { CANARIES, keepSpeaking, SOUNDS } from "../kit/sounds.ts";
import { type Ended, Telpost, telpost } from "../kit/telpost.ts";
import { until } from "../kit/until.ts";

let device: FakeDevice;
let talking: NodeJS.Timeout | undefined;

beforeEach(() => {
  device = new FakeDevice();
  device.plug();
});

afterEach(() => {
  clearInterval(talking);
  device.dispose();
});

function speak(make: (step: number) => Uint8Array): void {
  talking = keepSpeaking(device, make);
}

const probe = (...args: string[]) => telpost(["probe", "--seconds", "1", ...args, device.link]);

/** Narrow enough for a phone, and without a trace of what the device says. The path of a port is never broken. */
function expectDecent({ out, err }: Ended): void {
  const long = out.split("\n").filter((line) => line.length > 80 && !line.includes(device.link));
  expect(long).toEqual([]);
  for (const canary of CANARIES) expect(out + err).not.toContain(canary);
}

/** A Modbus device at address 1 with registers 0x30 and 0x31; refuses all others. */
function modbusDevice(heard: Uint8Array): Uint8Array {
  const there = heard[0] === 1 && heard[1] === 3 && heard[2] === 0 && heard[3] === 0x30;
  const body = there ? [1, 3, 4, 0x10, 0x92, 0x10, 0xf7] : [heard[0] ?? 0, (heard[1] ?? 0) | 0x80, 2];
  const crc = checkValue("crc16-modbus", Uint8Array.from(body));
  return heard[0] === 1 && heard.length === 8
    ? Uint8Array.from([...body, crc & 0xff, crc >> 8])
    : new Uint8Array();
}

/** Answers what the gateway writes, as it comes in whole. */
function answer(make: (heard: Uint8Array) => Uint8Array): void {
  let taken = 0;
  talking = setInterval(() => {
    const heard = device.heard.subarray(taken);
    taken += heard.length;
    if (heard.length > 0) device.send(make(heard));
  }, 5);
}

describe("telpost probe", () => {
  it.each(["hilink-ld2450", "dfrobot-c4001"])("knows a %s, and writes nothing to it", async (id) => {
    speak(SOUNDS[id] ?? (() => new Uint8Array()));
    const ended = await probe();
    expect(ended.err).toBe("");
    expect(ended.out).toContain(`fits   ${id} at `);
    expect(ended.out).toContain(`profile: ${id}`);
    expect(ended.code).toBe(0);
    expect(device.heard.length).toBe(0);
    expectDecent(ended);
  });

  it("gives the same as JSON", async () => {
    speak(SOUNDS["hilink-ld2450"] ?? (() => new Uint8Array()));
    const ended = await probe("--json", "--baud", "256000");
    const report = JSON.parse(ended.out);
    expect(report.findings[0]).toMatchObject({ profile: "hilink-ld2450", fit: "fits", nominalHz: 10 });
    expect(ended.code).toBe(0);
    expectDecent(ended);
  });

  it("finds a Modbus counter when it may ask, and reads registers only", async () => {
    answer(modbusDevice);
    const ended = await probe("--ask");
    expect(ended.out).toContain("fits   ebyte-e8xx-pulse at 9600 8N1");
    expect(ended.out).toContain("maybe  modbus-counter");
    expect(ended.out).toContain("e831: false # CHOOSE");
    expect(ended.code).toBe(0);
    expectDecent(ended);
    const said = device.heard.toString("latin1");
    expect(said).toContain("\x01\x03\x00\x30\x00\x02");
    for (const never of ["\x01\x06", "sensorStop", "OJ", "R+", "INVOKE", "\xfd\xfc\xfb\xfa", "N!"])
      expect(said).not.toContain(never);
  });

  it("is silent without --ask where a device only answers, and says what --ask would do", async () => {
    answer(modbusDevice);
    const ended = await probe("--baud", "9600");
    expect(device.heard.length).toBe(0);
    expect(ended.out).toContain("No profile fits.");
    expect(ended.out).toContain("Nothing came. Check power");
    expect(ended.out.replaceAll(/\s+/g, " ")).toMatch(
      /speak only when asked: .*ebyte-e8xx-pulse.*--ask telpost reads/,
    );
    expect(ended.code).toBe(1);
    expectDecent(ended);
  });

  it("says of garbage that the baud rate may be wrong", async () => {
    speak(() => Uint8Array.of(0, 0xff, 0, 0x80, 0, 0xf8, 0, 0));
    const ended = await probe("--baud", "9600");
    expect(ended.out).toContain("wrong baud rate");
    expect(ended.code).toBe(1);
  });

  it("recognises lines of a script of one's own", async () => {
    speak(SOUNDS["generic-jsonl"] ?? (() => new Uint8Array()));
    const ended = await probe("--baud", "115200");
    expect(ended.out).toContain("fits   generic-jsonl");
    expect(ended.out).toContain("sends: [present, tracks]");
    expectDecent(ended);
  });

  it("says that a port is held by another", async () => {
    const first = new Telpost(["probe", "--seconds", "30", device.link]);
    try {
      // It locks the port behind its opening (flock(2)); the shell that starts it becomes it.
      const lock = new RegExp(` FLOCK .* ${first.child.pid} `);
      await until(() => lock.test(readFileSync("/proc/locks", "utf8")), "it has the port");
      const ended = await probe();
      expect(ended.err).toContain("device.busy");
      expect(ended.err).toContain("fuser");
      expect(ended.code).toBe(1);
    } finally {
      first.child.kill("SIGINT");
    }
    // It ends at once, not after its 30 s, and leaves the port to others.
    expect(await first.ended).toMatchObject({ code: 1, err: "Stopped.\n" });
  });

  it("says that a port is absent, and what it does not understand", async () => {
    const absent = await telpost(["probe", "/dev/ttyNone"]);
    expect(absent).toMatchObject({ code: 1 });
    expect(absent.err).toContain("device.absent");
    const wrong = await Promise.all([
      telpost(["probe"]),
      telpost(["probe", "--seconds", "0", "/dev/ttyNone"]),
      telpost(["probe", "--profile", "hilink-ld2540", "/dev/ttyNone"]),
      telpost(["probe", "--profile", "gpio-pulse", "/dev/ttyNone"]),
    ]);
    expect(wrong.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    expect(wrong[2]?.err).toContain("did you mean hilink-ld2450?");
  });
});
