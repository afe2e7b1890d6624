import { execFile } from "node:child_process";
import type { Clock } from "../base/clock.ts";
import { type ClockSync, readClockSync } from "../base/native/adjtimex.ts";
import { chipPaths, openChip } from "../base/native/gpio.ts";
import { addressOf } from "./address.ts";
import type { ChipView, Machine, Ran, RunAs } from "./machine.ts";

export interface MachineOptions {
  readonly clock: Clock;
  readonly root?: string;
  readonly clockSync?: () => ClockSync;
  readonly chips?: () => readonly ChipView[];
  /** Folders in which programs are looked for. */
  readonly path?: string;
  /** How this program is started: Node's flags, then the script. */
  readonly program: readonly string[];
}

const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
const MOST_OUTPUT_BYTES = 2 ** 20;

/** The machine that this runs on. */
export function thisMachine(options: MachineOptions): Machine {
  const { clock, root = "/", clockSync = readClockSync, chips = chipViews, path = PATH, program } = options;
  const env = { PATH: path, LC_ALL: "C.UTF-8" };
  return {
    clock,
    root,
    clockSync,
    chips,
    lookup: addressOf,
    run: (name, args, timeoutMs) => runProgram(name, args, { env, timeoutMs }),
    self: (args, timeoutMs, as) =>
      runProgram(process.execPath, [...program, ...args], { env, timeoutMs, ...as }),
  };
}

function chipViews(): ChipView[] {
  return chipPaths().map((path) => {
    try {
      const chip = openChip(path);
      const lines = Array.from({ length: chip.lines }, (_, offset) => chip.lineInfo(offset));
      chip.close();
      return { path, label: chip.label, lines };
    } catch {
      return { path, label: null, lines: [] }; // Not ours to open, or gone since the folder was listed.
    }
  });
}

interface RunOptions extends Partial<RunAs> {
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
}

function runProgram(program: string, args: readonly string[], options: RunOptions): Promise<Ran | null> {
  const { env, timeoutMs, ...as } = options;
  const settings = { env, cwd: "/", timeout: timeoutMs, killSignal: "SIGKILL" as const, ...as };
  return new Promise((resolve) => {
    execFile(program, args, { ...settings, maxBuffer: MOST_OUTPUT_BYTES }, (failure, out, err) => {
      if (!failure) return resolve({ code: 0, out, err });
      resolve(typeof failure.code === "number" ? { code: failure.code, out, err } : null);
    });
  });
}
