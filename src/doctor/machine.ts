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
import type { ClockSync } from "../base/native/adjtimex.ts";
import type { LineInfo } from "../base/native/gpio-structs.ts";

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
  /** See addressOf. */
  lookup(host: string): Promise<string | null>;
  /** Runs a program of the system, at most so long; null when there is none, or it did not end. */
  run(program: string, args: readonly string[], timeoutMs: number): Promise<Ran | null>;
  /** Runs this program with other arguments, as somebody else where that is given and allowed. */
  self(args: readonly string[], timeoutMs: number, as?: RunAs): Promise<Ran | null>;
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
