import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Random } from "./random.ts";

/** How the disk fails; the numbers are those of the shim. */
export const DISK_FAULTS = { full: 1, write_fails: 2, sync_fails: 3, short: 4 } as const;
export type DiskFault = keyof typeof DISK_FAULTS;

/** What a power cut may leave of a write that was not synced: sectors reach the card one by one. */
const SECTOR_BYTES = 512;
const NUMBERS = { clockOffset: 0, syncDelay: 1, disk: 2 } as const;

/** Compiles the shim into a folder; returns its path. @throws when gcc is missing or refuses */
export function buildShim(folder: string): string {
  const library = join(folder, "faults.so");
  const source = join(import.meta.dirname, "shim/faults.c");
  const { status, stderr } = spawnSync("gcc", [
    "-O1",
    "-Wall",
    "-shared",
    "-fPIC",
    "-o",
    library,
    source,
    "-ldl",
  ]);
  if (status !== 0) throw new Error(`gcc: ${stderr}`);
  return library;
}

/** The disk and the wall clock of a gateway's processes, as the shim shows them. */
export class FaultyMachine {
  readonly #disk: string;
  readonly #synced: string;
  readonly #control: number;
  readonly env: NodeJS.ProcessEnv;
  #clockOffsetMs = 0;

  /**
   * @param folder for the control file and the synced copies
   * @param disk the folder whose files are on the failing disk
   */
  constructor(library: string, folder: string, disk: string) {
    this.#disk = disk;
    this.#synced = join(folder, "synced");
    mkdirSync(this.#synced);
    const file = join(folder, "control");
    writeFileSync(file, Buffer.alloc(24));
    this.#control = openSync(file, "r+");
    this.env = { LD_PRELOAD: library, FAULTS_CONTROL: file, FAULTS_DISK: disk, FAULTS_SYNCED: this.#synced };
  }

  /** What the processes' wall clock is ahead of ours, ms. */
  get clockOffsetMs(): number {
    return this.#clockOffsetMs;
  }

  stepClock(ms: number): void {
    this.#clockOffsetMs += ms;
    this.#set("clockOffset", this.#clockOffsetMs);
  }

  stallSyncs(ms: number): void {
    this.#set("syncDelay", ms);
  }

  /** `null`: well again. */
  fail(fault: DiskFault | null): void {
    this.#set("disk", fault ? DISK_FAULTS[fault] : 0);
  }

  /**
   * What the disk holds after a power cut, to be called when the processes are dead: every file as it was last synced,
   * and of the sectors written since then each with this probability. Names (creating, renaming, removing) stay.
   */
  cutPower(random: Random, torn: number): void {
    if (!existsSync(this.#disk)) return;
    for (const name of readdirSync(this.#disk, { recursive: true, encoding: "utf8" }).sort()) {
      const path = join(this.#disk, name);
      if (!statSync(path).isFile()) continue;
      if (name.endsWith("-shm")) rmSync(path);
      else this.#restore(path, random, torn);
    }
  }

  dispose(): void {
    closeSync(this.#control);
  }

  #restore(path: string, random: Random, torn: number): void {
    const copy = join(this.#synced, String(statSync(path).ino));
    const synced = existsSync(copy) ? readFileSync(copy) : Buffer.alloc(0);
    const written = readFileSync(path);
    if (written.equals(synced)) return;
    const left = mixed(synced, written, () => random.unit() < torn);
    writeFileSync(path, left);
    // What reached the card is there for good.
    writeFileSync(copy, left);
  }

  #set(name: keyof typeof NUMBERS, value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    writeSync(this.#control, bytes, 0, 8, NUMBERS[name] * 8);
  }
}

/** The synced bytes with some sectors of the written ones; the length is that of the last sector that is there. */
export function mixed(synced: Buffer, written: Buffer, reached: () => boolean): Buffer {
  const left = Buffer.alloc(Math.max(synced.length, written.length));
  synced.copy(left);
  let length = synced.length;
  for (let at = 0; at < written.length; at += SECTOR_BYTES) {
    const sector = written.subarray(at, at + SECTOR_BYTES);
    if (sector.equals(synced.subarray(at, at + SECTOR_BYTES)) || !reached()) continue;
    sector.copy(left, at);
    length = Math.max(length, at + sector.length);
  }
  return left.subarray(0, length);
}
