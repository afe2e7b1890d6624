import { readFileSync } from "node:fs";

/** What the kernel says of a process (proc(5)). The parsers are pure; `of...` reads a live process. */

/** Ticks of the times in /proc/PID/stat: USER_HZ is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const SECTOR_BYTES = 512;

/** User and system time, seconds. The name of a process may hold spaces and brackets: fields count from its last bracket. */
export function parseCpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** A `name: number` line of smaps_rollup (kB) or io (bytes). @throws RangeError when it is not there */
export function parseField(text: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1];
  if (found === undefined) throw new RangeError(`no ${name}`);
  return Number(found);
}

/** Bytes written to a block device: field 7 of /sys/dev/block/MAJOR:MINOR/stat, in sectors (block/stat.rst). */
export function parseDeviceBytes(stat: string): number {
  return Number(stat.trim().split(/\s+/)[6]) * SECTOR_BYTES;
}

/** Calls of fsync and fdatasync in a summary of `strace -c`. */
export function parseSyncs(summary: string): number {
  const lines = summary.split("\n").map((line) => line.trim().split(/\s+/));
  const calls = lines.filter((words) => words.at(-1) === "fsync" || words.at(-1) === "fdatasync");
  return calls.reduce((sum, words) => sum + Number(words[3]), 0);
}

const ofProcess = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, "utf8");

export const cpuSecondsOf = (pid: number): number => parseCpuSeconds(ofProcess(pid, "stat"));

/** Proportional set size, MB of 10^6 bytes: shared pages are divided among the processes that map them. */
export const pssOf = (pid: number): number =>
  (parseField(ofProcess(pid, "smaps_rollup"), "Pss") * 1024) / 1e6;

/** Bytes this process caused to be sent to a disk; writes of a file system's own journal are not in it. */
export const writtenBytesOf = (pid: number): number => parseField(ofProcess(pid, "io"), "write_bytes");
