import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { SystemClock } from "../../../src/base/clock.ts";
import { GpioLine } from "../../../src/sense/line/gpio-line.ts";
import { gpioLineContract } from "../../contract/gpio-line.contract.ts";
import type { GpioBench } from "../../kit/gpio-chip.ts";
import { LineRecorder } from "../../kit/line-recorder.ts";
import { aWhile, until } from "../../kit/until.ts";
import { expect } from "./small-vitest.ts";

const SIM = "/sys/kernel/config/gpio-sim/contract";
const LABEL = "contract-sim";

/** A chip of the kernel's simulator (Documentation/admin-guide/gpio/gpio-sim.rst). */
class SimulatedChip implements GpioBench {
  readonly label = LABEL;
  readonly lineName = "line-3";
  readonly #holders = new Set<ChildProcess>();

  constructor() {
    if (existsSync(SIM)) return;
    mkdirSync(`${SIM}/bank0/line3`, { recursive: true });
    writeFileSync(`${SIM}/bank0/num_lines`, "32");
    writeFileSync(`${SIM}/bank0/label`, LABEL);
    writeFileSync(`${SIM}/bank0/line3/name`, this.lineName);
  }

  get #plugged(): boolean {
    return readFileSync(`${SIM}/live`, "utf8").trim() === "1";
  }

  plug(): void {
    if (!this.#plugged) writeFileSync(`${SIM}/live`, "1");
  }

  unplug(): void {
    if (this.#plugged) writeFileSync(`${SIM}/live`, "0");
  }

  set(line: number, level: 0 | 1): void {
    if (!this.#plugged) return;
    const name = (file: string) => readFileSync(`${SIM}/${file}`, "utf8").trim();
    const folder = `/sys/devices/platform/${name("dev_name")}/${name("bank0/chip_name")}`;
    writeFileSync(`${folder}/sim_gpio${line}/pull`, level === 1 ? "pull-up" : "pull-down");
  }

  take(line: number): () => void {
    const chip = `/dev/${readFileSync(`${SIM}/bank0/chip_name`, "utf8").trim()}`;
    const holder = spawn("gpiomon", ["-c", chip, `${line}`], { stdio: "ignore" });
    this.#holders.add(holder);
    while (!/\[used\]|consumer/.test(execFileSync("gpioinfo", ["-c", chip, `${line}`]).toString()));
    return () => holder.kill();
  }

  held(): string[] {
    return readdirSync("/proc/self/fd").flatMap((fd) => {
      try {
        const target = readlinkSync(`/proc/self/fd/${fd}`);
        return /gpio/.test(target) ? [target] : [];
      } catch {
        return []; // The descriptor that listed the folder is gone by now.
      }
    });
  }

  dispose(): void {
    for (const holder of this.#holders) holder.kill();
    this.unplug();
  }
}

gpioLineContract("GpioLine on a chip of the kernel", () => new SimulatedChip());

/** What only the kernel does. */
async function withLine(settings: object, body: (chip: SimulatedChip, told: LineRecorder) => Promise<void>) {
  const chip = new SimulatedChip();
  const told = new LineRecorder();
  chip.plug();
  const whole = {
    chip: LABEL,
    lines: { a: 4 },
    bias: "as-is",
    activeLow: false,
    debounceMs: 0,
    ...settings,
  } as const;
  const line = new GpioLine({ settings: whole, clock: new SystemClock(), jitterBelow: () => 0 });
  line.start(told);
  await until(() => told.ups === 1, "the line is up");
  await body(chip, told);
  await line.stop();
  chip.dispose();
}

test("the kernel debounces: a level that holds is one edge, a glitch is none", async () => {
  await withLine({ debounceMs: 10 }, async (chip, told) => {
    for (let bounce = 0; bounce < 5; bounce++) {
      chip.set(4, 1);
      chip.set(4, 0);
    }
    chip.set(4, 1);
    await until(() => told.edges.length > 0, "the level has held");
    chip.set(4, 0);
    chip.set(4, 1);
    await aWhile();
    expect(told.edges.map(({ level }) => level)).toEqual([1]);
    expect(told.edgesLost).toBe(0);
  });
});

test("the kernel pulls an open line where the bias says", async () => {
  await withLine({ bias: "pull-up" }, async (chip, told) => {
    chip.set(4, 0);
    await until(() => told.edges.length > 0, "it falls from where it was pulled to");
    expect(told.edges.map(({ level }) => level)).toEqual([0]);
  });
});
