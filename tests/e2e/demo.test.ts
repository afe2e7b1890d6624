import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SystemClock } from "../../src/base/clock.ts";
import { runDemo } from "../../src/demo/demo.ts";
import { DEVICE_SENSORS } from "../../src/demo/device-sensors.ts";
import { DeviceStreet } from "../../src/demo/device-street.ts";
import type { RunGateway } from "../../src/demo/stage.ts";
import type { OpenedRecord } from "../../src/demo/story.ts";
import { TOGETHER } from "../../src/ops/isolation.ts";
import { deviceProfile } from "../kit/devices.ts";
import { TELPOST } from "../kit/telpost.ts";
import {
  CHECKOUT,
  folderOf,
  processesOf,
  removeLeftovers,
  startInPipe,
  startInTerminal,
  untilGone,
} from "./demo-rig.ts";

const RECORD = /^\d\d:\d\d:\d\d (\S+) .*\(true/;
const VALUE = /(in|out|present) (-?\d+) \(true (\d+)\)/g;
/** Noise beyond these comes once in 10^13 (flows, epsilon 1) and 10^9 (present, epsilon 1/3) values. */
const MOST_NOISE: Record<string, number> = { in: 30, out: 30, present: 63 };

const FLOWS = ["gate", "turnstile", "promenade"];
/** So many people prove something. */
const FEWEST = 10;

describe.concurrent("telpost demo", () => {
  it("opens records of all sensors at the city, loses nothing and leaves nothing behind", async () => {
    const demo = startInPipe(["--plain", "--seconds", "14"], CHECKOUT);
    expect(await demo.ended()).toBe(0);
    const text = demo.text();
    const records = text.split("\n").filter((line) => RECORD.test(line));
    const sensors = new Set(records.map((line) => RECORD.exec(line)?.[1]));
    expect([...sensors].sort()).toEqual(["gate", "promenade", "terrace", "turnstile"]);
    for (const [, name = "", published, truth] of records.join("\n").matchAll(VALUE)) {
      expect(Math.abs(Number(published) - Number(truth))).toBeLessThanOrEqual(MOST_NOISE[name] ?? 0);
    }
    const [, sealed, opened] = /Messages: (\d+) sealed, (\d+) opened, 0 lost\.\n$/.exec(text) ?? [];
    expect(Number(sealed)).toBeGreaterThan(0);
    expect(opened).toBe(sealed);
    expect(existsSync(folderOf(text))).toBe(false);
    expect(processesOf(folderOf(text))).toEqual([]);
  });

  it("counts every simulated passage exactly once when no noise is added", async () => {
    const records = await withoutNoise();
    for (const output of FLOWS) {
      const own = records.filter(({ sensor }) => sensor === output);
      const truth = sumsOf(own.map((record) => record.truth));
      const published = sumsOf(own.map((record) => record.published));
      // On a machine that stands still a passage may be read one window late; never lost, never twice.
      for (const [at, sum] of published.entries()) {
        expect(sum).toBeLessThanOrEqual(truth[at] ?? 0);
        expect(sum).toBeGreaterThanOrEqual(truth[at - 1] ?? 0);
      }
    }
  });

  it("counts exactly who passed a simulated device of every serial profile when no noise is added", async () => {
    const { records, lines } = await ofEveryDevice();
    const published = new Map<string, [number, number]>();
    const truth = new Map<string, [number, number]>();
    for (const record of records) {
      add(published, record.sensor, record.published);
      add(truth, record.sensor, record.truth);
    }
    expect(truth.size).toBe(9);
    expect(Object.fromEntries(published)).toEqual(Object.fromEntries(truth));
    expect(Math.max(...[...truth.values()].flat())).toBeGreaterThan(2);
    const [, sum] = /^Passages: (\d+) true, \1 published, a difference of 0\.$/m.exec(lines.join("\n")) ?? [];
    expect(Number(sum)).toBeGreaterThan(20);
    const present = records.filter(({ kind }) => kind === "occupancy");
    expect(new Set(present.map(({ sensor }) => sensor)).size).toBe(4);
  });

  it("gives the terminal back after Ctrl-C, with the totals in it", async () => {
    const demo = startInTerminal([]);
    await demo.says("Every 5 s");
    demo.child.kill("SIGINT");
    expect(await demo.ended()).toBe(0);
    const text = demo.text();
    const [enter, leave] = [text.indexOf("\x1b[?1049h"), text.indexOf("\x1b[?25h\x1b[?1049l")];
    expect(enter).toBeGreaterThanOrEqual(0);
    expect(leave).toBeGreaterThan(enter);
    expect(text.slice(leave)).toMatch(/ sealed, \d+ opened, 0 lost\./);
    expect(processesOf(folderOf(text))).toEqual([]);
  });

  it("takes its processes with it when it is killed", async () => {
    const demo = startInPipe(["--plain"]);
    await demo.says("All sensors open");
    const folder = folderOf(demo.text());
    const children = processesOf(folder);
    expect(children).toHaveLength(2);
    demo.child.kill("SIGKILL");
    await untilGone(folder);
    removeLeftovers(folder, children);
  });
});

/** Runs the demo in this process, its gateway with `mechanism: none`, until people enough have passed everywhere. */
async function withoutNoise(): Promise<OpenedRecord[]> {
  const records: OpenedRecord[] = [];
  const enough = new AbortController();
  const show = {
    says() {},
    stands() {},
    ends() {},
    opened(some: readonly OpenedRecord[]) {
      records.push(...some);
      if (FLOWS.every((output) => passedEarlier(records, output) >= FEWEST)) enough.abort();
    },
  };
  const clock = new SystemClock();
  await runDemo({
    clock,
    runGateway: exactGateway,
    show,
    onExit() {},
    paintMs: 1_000,
    seconds: null,
    signal: enough.signal,
  });
  return records;
}

/** The devices in this process for ten seconds, their gateway with `mechanism: none`. */
async function ofEveryDevice(): Promise<{ records: OpenedRecord[]; lines: readonly string[] }> {
  const records: OpenedRecord[] = [];
  let lines: readonly string[] = [];
  const show = {
    says() {},
    stands() {},
    ends(last: readonly string[]) {
      lines = last;
    },
    opened(some: readonly OpenedRecord[]) {
      records.push(...some);
    },
  };
  const clock = new SystemClock();
  const profiles = Object.keys(DEVICE_SENSORS).map(deviceProfile);
  const makeStreet = (folder: string) => new DeviceStreet({ clock, folder, profiles, seconds: 10 });
  const { signal } = new AbortController();
  const options = { clock, show, makeStreet, signal, paintMs: 1_000, seconds: 10 };
  await runDemo({ ...options, runGateway: exactGateway, onExit() {} });
  return { records, lines };
}

function add(sums: Map<string, [number, number]>, output: string, value: OpenedRecord["truth"]): void {
  if (!value || !("in" in value)) return;
  const [inward, outward] = sums.get(output) ?? [0, 0];
  sums.set(output, [inward + value.in, outward + value.out]);
}

const exactGateway: RunGateway = async ({ configFile, folders, output, signal }) => {
  const noised = readFileSync(configFile, "utf8");
  writeFileSync(
    configFile,
    noised.replace("profile: lab", "profile: lab\n  mechanism: none\n  reason: test"),
  );
  const { runtime, crash, state } = folders;
  const places = ["--runtime", runtime, "--crash", crash, "--state", state];
  // It ends with this process, however that ends.
  const env = { ...process.env, [TOGETHER]: "1" };
  const child = spawn("sh", [...TELPOST, "run", "--config", configFile, ...places], {
    env,
    stdio: ["pipe", output, output],
  });
  signal.addEventListener("abort", () => child.kill("SIGTERM"));
  await once(child, "exit");
};

/** How many people passed before the last window. */
function passedEarlier(records: readonly OpenedRecord[], output: string): number {
  const own = records.filter(({ sensor }) => sensor === output);
  return sumsOf(own.map(({ truth }) => truth)).at(-2) ?? 0;
}

/** Passages in the windows up to each. */
function sumsOf(values: readonly OpenedRecord["truth"][]): number[] {
  let sum = 0;
  return values.map((value) => {
    if (value && "in" in value) sum += value.in + value.out;
    return sum;
  });
}
