import { constants, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { deviceOf, type PlatformFiles, readPlatform } from "../../forward/platform/files.ts";
import { check, failed, good, type Judgement, type Subject, warning } from "../check.ts";
import { accessTo, textOf } from "../machine.ts";

interface Room {
  /** Free of the whole, 0 to 1. */
  readonly bytes: number;
  readonly files: number;
}

interface DiskFacts {
  readonly folder: string;
  readonly room: Room;
  readonly readOnly: boolean;
}

const FULL = 0.01;
const LOW = 0.1;

/** The file system of the outbox. */
export const disk = check<DiskFacts>("disk", {
  remote: true,
  observe({ machine: { root }, places }) {
    const folder = nearestFolder(places.state);
    const { readOnly = false } = readPlatform({ root, device: deviceOf(folder) });
    return {
      folder,
      room: roomOf(folder),
      readOnly: readOnly || accessTo(folder, constants.W_OK) === "EROFS",
    };
  },
  judge({ folder, room: { bytes, files }, readOnly }) {
    if (readOnly) return [failed("platform.read_only", `${folder} takes no writes.`)];
    if (bytes <= FULL) return [failed("platform.disk_full", `${percent(bytes)} are free below ${folder}.`)];
    if (files <= FULL) return [failed("platform.disk_full", `No more files fit below ${folder}: df -i`)];
    if (bytes < LOW) return [warning("platform.disk_low", `${percent(bytes)} are free below ${folder}.`)];
    return [good("There is room on the disk, and it takes writes.")];
  },
});

const percent = (part: number) => `${Math.floor(part * 100)} %`;

/** The folder itself, or the nearest above it that is there. */
function nearestFolder(path: string): string {
  return accessTo(path, constants.F_OK) === null || path === dirname(path)
    ? path
    : nearestFolder(dirname(path));
}

/** Some file systems, such as btrfs, do not limit files and say 0. */
function roomOf(folder: string): Room {
  const { blocks, bavail, files, ffree } = statfsSync(folder);
  return { bytes: blocks > 0 ? bavail / blocks : 1, files: files > 0 ? ffree / files : 1 };
}

interface CardFacts {
  readonly files: PlatformFiles;
  /** Written to the disk of the outbox a day since the machine started, MB; null before it can be said. */
  readonly megabytesADay: number | null;
}

const SECTOR_BYTES = 512;
/** Before this, what starting up writes would be taken for every day's. */
const KNOWN_AFTER_SECONDS = 3_600;
/** A card of 32 GB for industry takes some 30 TB: ten years of this. */
const BUSY_MEGABYTES = 8_000;

/** How the flash memory is, and how fast it wears. */
export const card = check<CardFacts>("card", {
  remote: true,
  observe(subject) {
    const device = deviceOf(nearestFolder(subject.places.state));
    const files = readPlatform({ root: subject.machine.root, device });
    return { files, megabytesADay: writtenADay(subject, device) };
  },
  judge: judgeCard,
});

/** Field 7 of the block device's statistics: sectors written (Documentation/block/stat.rst). */
function writtenADay({ machine }: Subject, device: string): number | null {
  const sectors = Number(textOf(machine, `sys/dev/block/${device}/stat`)?.split(/\s+/)[6]);
  const seconds = Number(textOf(machine, "proc/uptime")?.split(" ")[0]);
  if (!(sectors >= 0) || !(seconds >= KNOWN_AFTER_SECONDS)) return null;
  return (sectors * SECTOR_BYTES * 86_400) / seconds / 1e6;
}

export function judgeCard({ files: { cardErrors, cardWorn }, megabytesADay }: CardFacts): Judgement[] {
  const busy = megabytesADay !== null && megabytesADay > BUSY_MEGABYTES;
  const found = [
    ...(cardErrors ? [failed("platform.card_errors", "An ext4 file system keeps count of them.")] : []),
    ...(cardWorn ? [warning("platform.card_worn", "The memory says so itself.")] : []),
    ...(busy ? [warning("platform.card_busy", `${Math.round(megabytesADay / 1000)} GB a day.`)] : []),
  ];
  if (found.length > 0) return found;
  const errors = cardErrors === undefined ? "Errors are not told here" : "No errors of the file system";
  const wear = cardWorn === undefined ? "wear is not told here" : "little wear";
  return [good(`${errors}, ${wear}, ${writtenWords(megabytesADay)}.`)];
}

/** In steps, so that one machine's noise is no news. */
function writtenWords(megabytes: number | null): string {
  if (megabytes === null) return "writes are not known yet";
  const most = [100, 1_000, 8_000].find((step) => megabytes <= step) ?? 8_000;
  return `at most ${most >= 1_000 ? `${most / 1_000} GB` : `${most} MB`} written a day`;
}
