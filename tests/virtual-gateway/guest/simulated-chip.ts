import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { driveGpio } from "../../../src/sense/line/gpio-request.ts";
import type { Line } from "../../../src/sense/line/port.ts";
import type { GpioLineOptions, OutputBench } from "../../kit/gpio-chip.ts";

const SIM = "/sys/kernel/config/gpio-sim/contract";
export const LABEL = "contract-sim";

/** A chip of the kernel's simulator (Documentation/admin-guide/gpio/gpio-sim.rst). */
export class SimulatedChip implements OutputBench {
  readonly drive = driveGpio;
  readonly label = LABEL;
  readonly lineName = "line-3";
  readonly #holders = new Set<ChildProcess>();
  readonly #adapter: new (
    options: GpioLineOptions,
  ) => Line;

  /** @param adapter the line under test */
  constructor(adapter: new (options: GpioLineOptions) => Line) {
    this.#adapter = adapter;
    if (existsSync(SIM)) return;
    mkdirSync(`${SIM}/bank0/line3`, { recursive: true });
    writeFileSync(`${SIM}/bank0/num_lines`, "32");
    writeFileSync(`${SIM}/bank0/label`, LABEL);
    writeFileSync(`${SIM}/bank0/line3/name`, this.lineName);
  }

  line(options: GpioLineOptions): Line {
    return new this.#adapter(options);
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
    if (this.#plugged) writeFileSync(this.#file(line, "pull"), level === 1 ? "pull-up" : "pull-down");
  }

  driven(line: number): 0 | 1 {
    return readFileSync(this.#file(line, "value"), "utf8").trim() === "1" ? 1 : 0;
  }

  #file(line: number, what: "pull" | "value"): string {
    const name = (file: string) => readFileSync(`${SIM}/${file}`, "utf8").trim();
    return `/sys/devices/platform/${name("dev_name")}/${name("bank0/chip_name")}/sim_gpio${line}/${what}`;
  }

  take(line: number): () => void {
    const chip = `/dev/${readFileSync(`${SIM}/bank0/chip_name`, "utf8").trim()}`;
    const holder = spawn("gpiomon", ["-c", chip, `${line}`], { stdio: "ignore" });
    this.#holders.add(holder);
    while (!/\[used\]|consumer/.test(execFileSync("gpioinfo", ["-c", chip, `${line}`]).toString()));
    return () => holder.kill();
  }

  held(): string[] {
    const exported = readdirSync("/sys/class/gpio").filter((name) => /^gpio\d/.test(name));
    const open = readdirSync("/proc/self/fd").flatMap((fd) => {
      try {
        const target = readlinkSync(`/proc/self/fd/${fd}`);
        return /gpio/.test(target) ? [target] : [];
      } catch {
        return []; // The descriptor that listed the folder is gone by now.
      }
    });
    return [...exported, ...open];
  }

  dispose(): void {
    for (const holder of this.#holders) holder.kill();
    this.unplug();
  }
}
