import { closeSync } from "node:fs";
import { type ErrorCode, TelpostError } from "../../base/errors.ts";
import {
  type Chip,
  chipPaths,
  loadGpio,
  openChip,
  readEvents,
  readLevels,
  writeLevel,
} from "../../base/native/gpio.ts";
import type { LineRequest } from "../../base/native/gpio-structs.ts";

/** Which lines of which chip, and how they are read. */
export interface GpioSettings extends Omit<LineRequest, "offsets" | "consumer"> {
  /** The label of the chip, such as pinctrl-rp1: numbers of chips change from start to start. */
  readonly chip: string;
  /** Number or name on the chip, by the name that the profile gives the line. */
  readonly lines: Readonly<Record<string, number | string>>;
}

/** Lines that the kernel watches for us from now on. */
export interface GpioRequest {
  /** The profile's name of each line, by its number on the chip. */
  readonly names: ReadonlyMap<number, string>;
  /** The logical level of each line now, by its number on the chip. Throws as `read` does. */
  levels(): ReadonlyMap<number, 0 | 1>;
  /** Takes events from the kernel's queue; 0 when none waits. Throws with `code` ENODEV when the chip is gone. */
  read(into: Buffer): number;
  close(): void;
}

const CONSUMER = "telpost";

/**
 * Asks the kernel for the lines.
 * @throws TelpostError device.no_chip, device.no_line, device.line_busy, device.line_refused, device.denied,
 * device.no_adapter
 */
export function requestGpio(settings: GpioSettings): GpioRequest {
  return withChip(settings.chip, (chip) => {
    const lines = linesOf(chip, settings.lines);
    const offsets = lines.map(([offset]) => offset);
    const fd = refusalAsCode(() => chip.request({ ...settings, offsets, consumer: CONSUMER }));
    return {
      names: new Map(lines),
      levels: () => new Map(readLevels(fd, offsets.length).map((level, at) => [offsets[at] ?? 0, level])),
      read: (into) => readEvents(fd, into),
      close: () => closeSync(fd),
    };
  });
}

/** Which line of which chip is driven. */
export interface OutputSettings extends Pick<GpioSettings, "chip" | "activeLow"> {
  /** Number or name on the chip. */
  readonly line: number | string;
}

/** A line that is ours to drive. */
export interface GpioOutput {
  /** Active (1) or not. @throws TelpostError device.gone, device.io */
  set(level: 0 | 1): void;
  /** Lets go of the line; at which level it then stays is the chip's affair. */
  close(): void;
}

/**
 * Asks the kernel for a line to drive, inactive at first.
 * @throws TelpostError as requestGpio
 */
export function driveGpio({ chip: label, line, activeLow }: OutputSettings): GpioOutput {
  return withChip(label, (chip) => {
    const [[offset] = [0]] = linesOf(chip, { output: line });
    const fd = refusalAsCode(() => chip.drive({ offset, activeLow, consumer: CONSUMER }));
    const set = (level: 0 | 1) => {
      try {
        writeLevel(fd, level);
      } catch (cause) {
        throw new TelpostError(goneCode(cause), undefined, { cause });
      }
    };
    return { set, close: () => closeSync(fd) };
  });
}

/**
 * The number on the chip of each line, without asking for any.
 * @throws TelpostError device.no_chip, device.no_line, device.denied, device.no_adapter
 */
export function findLines({ chip, lines }: GpioSettings): [offset: number, name: string][] {
  return withChip(chip, (found) => linesOf(found, lines));
}

function withChip<T>(label: string, use: (chip: Chip) => T): T {
  try {
    loadGpio();
  } catch (cause) {
    throw new TelpostError("device.no_adapter", process.arch, { cause });
  }
  const chip = findChip(label);
  try {
    return use(chip);
  } finally {
    chip.close();
  }
}

function findChip(label: string): Chip {
  let denied: unknown;
  for (const path of chipPaths()) {
    try {
      const chip = openChip(path);
      if (chip.label === label) return chip;
      chip.close();
    } catch (failure) {
      // A chip that vanished since the folder was listed, or that another service keeps for itself, is not ours to judge.
      const { code } = failure as NodeJS.ErrnoException;
      if (code === "EACCES" || code === "EPERM") denied = failure;
    }
  }
  throw new TelpostError(denied ? "device.denied" : "device.no_chip", label, { cause: denied });
}

function linesOf(chip: Chip, lines: GpioSettings["lines"]): [offset: number, name: string][] {
  const all = Array.from({ length: chip.lines }, (_, offset) => offset);
  return Object.entries(lines).map(([name, line]) => {
    const found = all.find((offset) => (typeof line === "number" ? offset : chip.lineName(offset)) === line);
    if (found === undefined) throw new TelpostError("device.no_line", `${chip.label} ${line}`);
    return [found, name];
  });
}

/** Why a request that was granted works no more. ENODEV: the chip was removed, or its driver was. */
export function goneCode(failure: unknown): ErrorCode {
  return (failure as NodeJS.ErrnoException).code === "ENODEV" ? "device.gone" : "device.io";
}

/** errno of GPIO_V2_GET_LINE: busy when anybody holds a line, the kernel included; else the driver cannot do this. */
function refusalAsCode<T>(ask: () => T): T {
  try {
    return ask();
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    const codes: Readonly<Record<string, ErrorCode>> = {
      EBUSY: "device.line_busy",
      EACCES: "device.denied",
      EPERM: "device.denied",
      ENODEV: "device.no_chip",
    };
    throw new TelpostError(codes[code] ?? "device.line_refused", code, { cause });
  }
}
