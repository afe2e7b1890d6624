import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * What the kernel's files say about the machine. A key that is absent is not known here: no such hardware, driver or
 * permission. None of these files asks the hardware anything that takes long, and none writes.
 */
export interface PlatformFiles {
  /** The board had too little voltage within the last two seconds. */
  readonly underVoltage?: boolean;
  /** The kernel slows the processor down because of its heat. */
  readonly throttled?: boolean;
  /** The hottest part that is measured, degrees Celsius. */
  readonly celsius?: number;
  /** An ext4 file system of this machine has met errors since it was last checked. */
  readonly cardErrors?: boolean;
  /** Flash memory that says so has used 90 % of its life, or 80 % of its spare blocks. */
  readonly cardWorn?: boolean;
  /** The file system that holds the outbox takes no writes. */
  readonly readOnly?: boolean;
}

export interface PlatformPlace {
  /** Where /sys and /proc are found; "/" on a gateway. */
  readonly root: string;
  /** The device of the outbox's file system as `major:minor`; see `deviceOf`. */
  readonly device: string;
}

/** Reads all of them: some twenty small files, which takes about a millisecond. Never throws. */
export function readPlatform({ root, device }: PlatformPlace): PlatformFiles {
  const files = new KernelFiles(root);
  return definedOnly({
    underVoltage: underVoltage(files),
    throttled: throttled(files),
    celsius: celsius(files),
    cardErrors: cardErrors(files),
    cardWorn: cardWorn(files),
    readOnly: readOnly(files, device),
  });
}

/** The device of the file system a folder lies on, as mountinfo names it (makedev(3)). */
export function deviceOf(folder: string): string {
  const dev = statSync(folder, { bigint: true }).dev;
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n);
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}

class KernelFiles {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** The text of a file, or undefined when it is not there or cannot be read now. */
  text(path: string): string | undefined {
    try {
      return readFileSync(join(this.#root, path), "utf8").trim();
    } catch {
      return undefined; // Absent, not for us, or a driver that has no answer now (EINVAL, ENODATA).
    }
  }

  /** Paths of what lies in a folder. */
  below(folder: string): string[] {
    try {
      return readdirSync(join(this.#root, folder)).map((name) => join(folder, name));
    } catch {
      return [];
    }
  }
}

/**
 * Raspberry Pi: the driver asks the firmware every two seconds whether the voltage was too low meanwhile
 * (drivers/hwmon/raspberrypi-hwmon.c). The firmware's own get_throttled needs /dev/vcio, which no service has.
 */
function underVoltage(files: KernelFiles): boolean | undefined {
  const chip = files.below("sys/class/hwmon").find((path) => files.text(join(path, "name")) === "rpi_volt");
  return anyOf(chip ? [files.text(join(chip, "in0_lcrit_alarm"))] : [], (text) => text === "1");
}

/** Processor cooling by a lower clock (Documentation/driver-api/thermal/sysfs-api.rst); fans are not meant. */
function throttled(files: KernelFiles): boolean | undefined {
  const devices = files.below("sys/class/thermal").filter((path) => {
    const type = /cooling_device\d+$/.test(path) ? files.text(join(path, "type")) : undefined;
    return type !== undefined && /^(thermal-)?cpufreq|^Processor$/.test(type);
  });
  return anyOf(
    devices.map((path) => files.text(join(path, "cur_state"))),
    (text) => Number(text) > 0,
  );
}

/** Millidegrees; what lies beyond -40 to 150 degrees is a sensor that is not there. */
function celsius(files: KernelFiles): number | undefined {
  const zones = files.below("sys/class/thermal").filter((path) => /thermal_zone\d+$/.test(path));
  const degrees = zones
    .map((path) => Number(files.text(join(path, "temp")) ?? Number.NaN) / 1000)
    .filter((one) => one >= -40 && one <= 150);
  return degrees.length > 0 ? Math.max(...degrees) : undefined;
}

/** Kept in the superblock until the file system is checked (Documentation/ABI/testing/sysfs-fs-ext4). */
function cardErrors(files: KernelFiles): boolean | undefined {
  const counts = files.below("sys/fs/ext4").map((path) => files.text(join(path, "errors_count")));
  return anyOf(counts, (text) => Number(text) > 0);
}

/**
 * eMMC only (JEDEC 84-B51, EXT_CSD 267 to 269): pre_eol_info 2 is a warning at 80 % of the spare blocks, 3 is urgent;
 * life_time is in steps of 10 % for two types of cells, 0x0a is 90 to 100 %, 0x0b more. SD cards do not tell.
 */
function cardWorn(files: KernelFiles): boolean | undefined {
  const cards = files.below("sys/block").filter((path) => /mmcblk\d+$/.test(path));
  const worn = cards.flatMap((path) => {
    const spare = numbers(files.text(join(path, "device/pre_eol_info"))).map((level) => level >= 2);
    const life = numbers(files.text(join(path, "device/life_time"))).map((step) => step >= 0x0a);
    return [...spare, ...life];
  });
  return worn.length > 0 ? worn.includes(true) : undefined;
}

/** What the card tells of itself; 0 is "not defined". */
function numbers(text: string | undefined): number[] {
  return (text ?? "")
    .split(/\s+/)
    .map(Number)
    .filter((one) => one > 0);
}

/**
 * The options of the file system itself stand behind " - " (proc_pid_mountinfo(5)); those before are of this mount, which
 * the unit makes read-only in most places.
 */
function readOnly(files: KernelFiles, device: string): boolean | undefined {
  const lines = (files.text("proc/self/mountinfo") ?? "").split("\n");
  const mine = lines.filter((line) => line.split(" ")[2] === device);
  const options = mine.map((line) => line.split(" - ")[1]?.split(" ")[2]?.split(","));
  return anyOf(options, (option) => option.includes("ro") || option.includes("emergency_ro"));
}

/** Whether any of what is known is so; undefined when nothing is known. */
function anyOf<T>(found: readonly (T | undefined)[], is: (one: T) => boolean): boolean | undefined {
  const known = found.filter((one) => one !== undefined);
  return known.length > 0 ? known.some(is) : undefined;
}

function definedOnly<T extends object>(values: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
