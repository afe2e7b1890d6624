import { execFile } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
} from "node:fs";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { type ClockSync, readClockSync } from "../base/native/adjtimex.ts";
import { chipPaths, type LineInfo, openChip } from "../base/native/gpio.ts";

/** How a program ended. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A user of this machine. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** A GPIO chip that is looked at; nothing is asked of its lines. */
export interface ChipView {
  readonly path: string;
  /** Null when it may not be opened. */
  readonly label: string | null;
  readonly lines: readonly LineInfo[];
}

/**
 * What the doctor sees of the machine. Everything else it meets is what is there: files, sockets, devices, brokers. Nothing
 * here writes.
 */
export interface Machine {
  readonly clock: Clock;
  /** Where /sys, /proc, /run and /etc are found: "/" on a gateway. */
  readonly root: string;
  /** What the kernel knows of its wall clock. */
  clockSync(): ClockSync;
  /** The GPIO chips of this machine. */
  chips(): readonly ChipView[];
  /** Runs a program of the system, at most so long; null when there is none, or it did not end. */
  run(program: string, args: readonly string[], timeoutMs: number): Promise<Ran | null>;
  /** Runs this program with other arguments, as somebody else where that is given and allowed. */
  self(args: readonly string[], timeoutMs: number, as?: RunAs): Promise<Ran | null>;
}

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

/** The text of a small file, or null when it is not there, or not for us. */
export function textOf(machine: Pick<Machine, "root">, path: string): string | null {
  try {
    return readFileSync(join(machine.root, path), "utf8").trim();
  } catch {
    return null;
  }
}

export function isThere({ root }: Pick<Machine, "root">, path: string): boolean {
  return existsSync(join(root, path));
}

/** Whether this process may do so with a file; the errno when not. */
export function accessTo(path: string, mode: number = constants.R_OK): string | null {
  try {
    accessSync(path, mode);
    return null;
  } catch (failure) {
    return (failure as NodeJS.ErrnoException).code ?? "EIO";
  }
}

/** A process that has a file open. */
export interface Holder {
  readonly pid: number;
  /** As the kernel calls it. */
  readonly name: string;
  readonly commandLine: string;
}

/** Who has each of these devices open, as far as this process may see (proc_pid_fd(5)). */
export function holdersOf(devices: readonly string[]): Map<string, Holder[]> {
  const wanted = new Map(devices.map((device) => [device, [] as Holder[]]));
  for (const pid of names("/proc").filter((name) => /^\d+$/.test(name))) {
    const open = new Set(names(`/proc/${pid}/fd`).map((fd) => target(`/proc/${pid}/fd/${fd}`)));
    for (const [device, holders] of wanted) if (open.has(device)) holders.push(holder(Number(pid)));
  }
  return wanted;
}

function holder(pid: number): Holder {
  const root = { root: "/" };
  const commandLine = (textOf(root, `/proc/${pid}/cmdline`) ?? "").replaceAll("\0", " ").trim();
  return { pid, name: textOf(root, `/proc/${pid}/comm`) ?? "?", commandLine };
}

function target(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined; // It was closed meanwhile, or is not ours to see.
  }
}

/** Where a path leads, or null when it leads nowhere. */
export function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

/** What lies in a folder; nothing when it is not there. */
export function names(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
