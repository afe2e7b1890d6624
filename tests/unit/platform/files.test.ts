import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deviceOf, readPlatform } from "../../../src/forward/platform/files.ts";
import { COOLING, ERRORS, MadeMachine, TEMPERATURE, UNDER_VOLTAGE } from "./made-machine.ts";

let machine: MadeMachine;
beforeEach(() => {
  machine = new MadeMachine();
});
afterEach(() => machine.dispose());

const WELL = {
  underVoltage: false,
  throttled: false,
  celsius: 48.312,
  cardErrors: false,
  cardWorn: false,
  readOnly: false,
};

describe("the kernel's files", () => {
  it("say nothing where they are absent: not known is not good", () => {
    expect(readPlatform(machine)).toEqual({});
  });

  it("say how a Raspberry Pi is", () => {
    expect(readPlatform(machine.makePi())).toEqual(WELL);
  });

  it.each([
    ["underVoltage", UNDER_VOLTAGE, "1", true],
    ["throttled", COOLING, "2", true],
    ["celsius", TEMPERATURE, "85000", 85],
    ["cardErrors", ERRORS, "17", true],
    ["cardWorn", "sys/block/mmcblk0/device/pre_eol_info", "0x02", true],
    ["cardWorn", "sys/block/mmcblk0/device/life_time", "0x01 0x0a", true],
    ["cardWorn", "sys/block/mmcblk0/device/life_time", "0x0b 0x01", true],
  ])("say %s from %s = %s", (key, path, text, value) => {
    machine.makePi().write(path, text);
    expect(readPlatform(machine)).toEqual({ ...WELL, [key]: value });
  });

  it.each(["ro,errors=remount-ro", "rw,emergency_ro", "rw,errors=continue,emergency_ro"])(
    "say that the file system itself is read-only (%s), not only a mount of it",
    (options) => {
      machine.makePi().mount(options);
      expect(readPlatform(machine).readOnly).toBe(true);
    },
  );

  it.each([
    ["underVoltage", UNDER_VOLTAGE],
    ["throttled", "sys/class/thermal/cooling_device1"],
    ["celsius", TEMPERATURE],
    ["cardErrors", ERRORS],
    ["cardWorn", "sys/block/mmcblk0"],
    ["readOnly", "proc/self/mountinfo"],
  ])("leave out %s alone where %s is absent", (key, path) => {
    machine.makePi().remove(path);
    const { [key as keyof typeof WELL]: _, ...others } = WELL;
    expect(readPlatform(machine)).toEqual(others);
  });

  it("take neither wear that the card does not define, nor a temperature that cannot be", () => {
    machine.makePi();
    machine.write("sys/block/mmcblk0/device/pre_eol_info", "0x00");
    machine.write("sys/block/mmcblk0/device/life_time", "0x00 0x00");
    machine.write(TEMPERATURE, "-273150");
    const { cardWorn, celsius, ...others } = WELL;
    expect(readPlatform(machine)).toEqual(others);
  });

  it("take the hottest zone, and pass over one that has no answer", () => {
    machine.makePi();
    machine.write("sys/class/thermal/thermal_zone1/temp", "61000");
    machine.write("sys/class/thermal/thermal_zone2/temp", "");
    machine.write("sys/class/thermal/thermal_zone3/temp/is", "a folder");
    expect(readPlatform(machine).celsius).toBe(61);
  });

  it("are found on this machine too, by the device that the kernel names, and cost little", () => {
    const wanted = execFileSync("stat", ["-c", "%d", tmpdir()], { encoding: "utf8" }).trim();
    const [major = 0n, minor = 0n] = deviceOf(tmpdir()).split(":").map(BigInt);
    const made = ((major & 0xfffff000n) << 32n) | ((major & 0xfffn) << 8n) | ((minor & 0xffffff00n) << 12n);
    expect(String(made | (minor & 0xffn))).toBe(wanted);
    const before = process.cpuUsage();
    for (let round = 0; round < 100; round++) readPlatform({ root: "/", device: deviceOf(tmpdir()) });
    const { user, system } = process.cpuUsage(before);
    console.log(`one look at the machine: ${((user + system) / 1000 / 100).toFixed(2)} ms of processor time`);
  });
});
