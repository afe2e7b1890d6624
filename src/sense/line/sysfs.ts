import { accessSync, constants, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, sleep } from "../../base/clock.ts";
import { type ErrorCode, TelpostError } from "../../base/errors.ts";
import { findLines, type GpioSettings } from "./gpio-request.ts";

/** Where the kernel shows GPIO lines as files (Documentation/admin-guide/gpio/sysfs.rst); tests make their own. */
export interface Sysfs {
  readonly root: string;
  /** Takes a line from the kernel, or gives it back, by its global number. Throws with `code` as write(2) does. */
  write(file: "export" | "unexport", number: number): void;
  /** The number on its chip of each line, when some are given by name: sysfs knows no names. */
  find(settings: GpioSettings): readonly (readonly [offset: number, name: string])[];
}

const ROOT = "/sys/class/gpio";
export const SYSFS: Sysfs = {
  root: ROOT,
  write: (file, number) => writeFileSync(join(ROOT, file), String(number)),
  find: findLines,
};

/** udev gives the files of a line to group gpio after they have appeared: a shell and a chgrp, on a slow machine. */
const PERMISSION_MS = 2000;
const LOOK_MS = 20;

/**
 * The kernel's global numbers of the lines, with the profile's names: the base of the chip plus the number on it. Bases
 * move with the kernel (992 on 6.1, 512 on 6.12), so that the number of a pin is no number of a line.
 * @throws TelpostError device.no_sysfs, device.no_chip, device.no_line, device.line_busy, and for lines that are given by
 * name what the character device says
 */
export function globalNumbers(settings: GpioSettings, sysfs: Sysfs): [number: number, name: string][] {
  const { base, lines } = chipOf(settings.chip, sysfs.root);
  const given = Object.entries(settings.lines);
  const offsets = given.every(([, line]) => typeof line === "number")
    ? given.map(([name, line]) => [Number(line), name] as const)
    : sysfs.find(settings);
  for (const [offset] of offsets)
    if (offset >= lines) throw new TelpostError("device.no_line", `${settings.chip} ${offset}`);
  // sysfs would give the second of two inputs the same file.
  if (new Set(offsets.map(([offset]) => offset)).size < offsets.length)
    throw new TelpostError("device.line_busy", "two inputs are one line");
  return offsets.map(([offset, name]) => [base + offset, name]);
}

function chipOf(label: string, root: string): { base: number; lines: number } {
  if (!existsSync(join(root, "export"))) throw new TelpostError("device.no_sysfs", root);
  for (const name of readdirSync(root).filter((one) => one.startsWith("gpiochip"))) {
    const file = (which: string) => readFileSync(join(root, name, which), "utf8").trim();
    try {
      if (file("label") === label) return { base: Number(file("base")), lines: Number(file("ngpio")) };
    } catch {
      // A chip that vanished since the folder was listed is not ours to judge.
    }
  }
  throw new TelpostError("device.no_chip", label);
}

/** The folder of an exported line. */
export const folderOf = (number: number, { root }: Sysfs): string => join(root, `gpio${number}`);

/**
 * Takes a line from the kernel, and waits until this process may set it. One that is exported already is taken over: a
 * process that was killed leaves its lines so, and sysfs does not say whose they are.
 * @throws what the kernel says, which `sysfsCode` reads
 */
export async function exportLine(number: number, sysfs: Sysfs, clock: Clock): Promise<void> {
  const folder = folderOf(number, sysfs);
  const isFree = !existsSync(folder);
  if (isFree) sysfs.write("export", number);
  try {
    if (!existsSync(join(folder, "edge"))) throw new TelpostError("device.line_refused", "no interrupt");
    const untilMs = clock.monotonic() + PERMISSION_MS;
    while (!maySet(folder, clock.monotonic() >= untilMs))
      await sleep(clock, LOOK_MS, undefined, "gpio.export");
  } catch (failure) {
    if (isFree) unexportLine(number, sysfs);
    throw failure;
  }
}

function maySet(folder: string, last: boolean): boolean {
  try {
    for (const file of ["value", "direction", "edge", "active_low"])
      accessSync(join(folder, file), constants.R_OK | constants.W_OK);
    return true;
  } catch (failure) {
    if (last || (failure as NodeJS.ErrnoException).code !== "EACCES") throw failure;
    return false;
  }
}

/** Gives a line back to the kernel, if it is still there. */
export function unexportLine(number: number, sysfs: Sysfs): void {
  if (existsSync(folderOf(number, sysfs))) sysfs.write("unexport", number);
}

/** The code of a failed opening. EROFS: the unit keeps /sys from being written to. */
export function sysfsCode(failure: unknown): ErrorCode {
  if (failure instanceof TelpostError) return failure.code;
  const codes: Readonly<Record<string, ErrorCode>> = {
    EBUSY: "device.line_busy",
    EACCES: "device.sysfs_denied",
    EPERM: "device.sysfs_denied",
    EROFS: "device.sysfs_denied",
    ENODEV: "device.no_chip",
    ENOENT: "device.no_chip",
  };
  return codes[(failure as NodeJS.ErrnoException).code ?? ""] ?? "device.line_refused";
}
