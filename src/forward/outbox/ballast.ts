import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { RandomBytes } from "../../base/random.ts";

/**
 * The WAL (4 MiB), the commit that did not fit, and a checkpoint that makes the database longer by as much: with this
 * room a full outbox can be tidied, without it not even a DELETE succeeds.
 */
export const BALLAST_BYTES = 8 * 2 ** 20;
const CHUNK_BYTES = 64 * 1024;

export interface BallastOptions {
  /** The database; the ballast is `<file>.ballast`. */
  readonly file: string;
  readonly bytes: number;
  /** Incompressible content: some file systems store zeros for free. */
  readonly random: RandomBytes;
}

/** A file that only takes up room, given back when the disk is full. */
export class Ballast {
  readonly #path: string;
  readonly #bytes: number;
  readonly #random: RandomBytes;

  constructor({ file, bytes, random }: BallastOptions) {
    this.#path = `${file}.ballast`;
    this.#bytes = bytes;
    this.#random = random;
  }

  get isHeld(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false })?.size === this.#bytes;
  }

  /** Gives the room back. False when there was none to give. */
  release(): boolean {
    const held = statSync(this.#path, { throwIfNoEntry: false }) !== undefined;
    try {
      rmSync(this.#path, { force: true });
    } catch {
      return false; // A read-only file system: nothing was full there.
    }
    return held;
  }

  /** True when less room is left than the ballast takes: then it is the disk that is full, not the quota. */
  get isDiskFull(): boolean {
    return freeOn(this.#path) < this.#bytes;
  }

  /** Takes the room again, when the disk has at least as much to spare besides. True when it is held. */
  restore(): boolean {
    if (this.isHeld) return true;
    try {
      if (freeOn(this.#path) < 2 * this.#bytes) return false;
      this.#write();
      return true;
    } catch {
      this.release(); // The room went to somebody else meanwhile, or the disk fails: what counts is that nothing is held.
      return false;
    }
  }

  #write(): void {
    const handle = openSync(this.#path, "w", 0o600);
    try {
      for (let left = this.#bytes; left > 0; ) {
        left -= writeSync(handle, this.#random(Math.min(left, CHUNK_BYTES)));
      }
    } finally {
      closeSync(handle);
    }
  }
}

/** Bytes that this user may still write on the file system of a path. */
function freeOn(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bavail * bsize;
}
