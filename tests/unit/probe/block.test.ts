import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lastingName } from "../../../src/cli/probe.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { canBeAsked, questionsOf } from "../../../src/probe/asking.ts";
import { blockFor } from "../../../src/probe/block.ts";
import type { Finding } from "../../../src/probe/finding.ts";
import { SCRIPT_LINE } from "../../../src/probe/plan.ts";
import { probingSettings } from "../../../src/probe/settings.ts";
import { deviceFolders, deviceProfile } from "../../kit/devices.ts";

const HEAD = [
  "gateway: { tenant: t, site: s, id: g, key: gateway.jwk }",
  "city: { root: root.jwk, keys: city-keys.jws }",
  "broker: { url: mqtts://city.example:8883 }",
  "",
].join("\n");
const profiles = deviceFolders.map(deviceProfile);
const readable = profiles.filter(({ transport }) => transport.kind === "serial");

function finding(profile: string, more: Partial<Finding> = {}): Finding {
  return { profile, line: SCRIPT_LINE, fit: "fits", reason: "", share: "all", ...more };
}

function problems(lines: readonly string[] | null): unknown {
  const parsed = parseConfig(`${HEAD}${lines?.join("\n")}\n`, profiles);
  return parsed.ok ? [] : parsed.problems;
}

describe("the block to paste", () => {
  it.each(readable.map(({ id }) => id))("of %s is a good configuration", (id) => {
    const lines = blockFor(finding(id), deviceProfile(id), "/dev/serial/by-id/usb-FTDI-port0");
    expect(problems(lines)).toEqual([]);
    expect(lines?.filter((line) => line.length > 80)).toEqual([]);
  });

  it.each([
    ["generic-jsonl", ["passages", "totals"]],
    ["generic-jsonl", ["present", "tracks"]],
    ["generic-csv", ["totals"]],
  ])("of %s with %j is a good configuration", (id, sends) => {
    expect(problems(blockFor(finding(id, { sends }), undefined, "/dev/ttyACM0"))).toEqual([]);
  });

  it("names what only the person on the spot can know", () => {
    const marked = (id: string) =>
      blockFor(finding(id), deviceProfile(id), "/dev/ttyUSB0")?.filter((line) => line.includes("# CHOOSE:"));
    expect(marked("ebyte-e8xx-pulse")?.join()).toContain("e831: false");
    expect(marked("ti-iwr6843")?.join()).toMatch(/command: .*lines:/);
    expect(marked("dfrobot-c4001")).toEqual([]);
  });

  it("keeps a port with odd characters a text, and a baud rate of one's own", () => {
    const odd = { line: { ...SCRIPT_LINE, baudRate: 19_200 } };
    const lines = blockFor(finding("dfrobot-c4001", odd), deviceProfile("dfrobot-c4001"), "./a: b #c");
    expect(lines).toContain('    port: "./a: b #c"');
    expect(lines).toContain("    baudRate: 19200");
    expect(problems(lines)).toEqual([]);
  });

  it("takes the lasting name of a port where there is one", () => {
    const folder = mkdtempSync(join(tmpdir(), "telpost-by-id-"));
    const [port, links] = [join(folder, "ttyUSB0"), join(folder, "by-id")];
    writeFileSync(port, "");
    mkdirSync(links);
    symlinkSync(port, join(links, "usb-x-port0"));
    expect(lastingName(port, links)).toBe(join(links, "usb-x-port0"));
    expect(lastingName(port, join(folder, "none"))).toBe(port);
    expect(lastingName(join(folder, "ttyUSB9"), links)).toBe(join(folder, "ttyUSB9"));
    rmSync(folder, { recursive: true });
  });
});

describe("the questions", () => {
  const sent = (id: string) => {
    const { init } = questionsOf(deviceProfile(id), probingSettings(deviceProfile(id)));
    return [...new Set(init.map(({ send }) => Buffer.from(send).toString("latin1")))];
  };

  it("of all devices are exactly these", () => {
    const all = profiles.filter(canBeAsked).map(({ id }) => [id, sent(id)]);
    expect(Object.fromEntries(all)).toEqual({
      "ebyte-e8xx-pulse": ["\x01\x03\x00\x30\x00\x02\xc4\x04"],
      "icpdas-dcon-counter": ["#010\r", "#011\r"],
      "modbus-counter": ["\x01\x03\x00\x00\x00\x04\x44\x09"],
      "omnipresense-ops243": ["?P", "N?"],
      "sscma-camera": ["AT+VER?\r"],
    });
  });

  it("never hold a poll that needs a setting of which nobody knows the value", () => {
    const { probe: _, ...without } = deviceProfile("modbus-counter");
    expect(canBeAsked(without)).toBe(false);
  });

  it("never hold a poll whose answer clears the counter", () => {
    const own = deviceProfile("ebyte-e8xx-pulse");
    const [message] = own.messages;
    const cumulative = {
      in: "in",
      bits: 16,
      onPowerLoss: "zero",
      clearOnRead: true,
      countdown: false,
    } as const;
    const clearing = message ? [{ ...message, emit: { cumulative } }] : [];
    expect(canBeAsked({ ...own, messages: clearing })).toBe(false);
  });
});
