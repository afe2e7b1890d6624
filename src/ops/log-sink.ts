import { constants, fstatSync, openSync, write, writeSync } from "node:fs";
import { isatty } from "node:tty";
import type { Clock } from "../base/clock.ts";

/** More than this waiting (bytes) means that nobody reads; what comes then is dropped and counted. */
const MAX_WAITING_BYTES = 256 * 1024;
const CHUNK_BYTES = 16 * 1024;
const RETRY_MS = 100;
/** A last flush waits for a slow reader this long (1 s in all), and never for ever. */
const FLUSH_WAIT_MS = 10;
const FLUSH_WAITS = 100;

/**
 * Where log lines go. Writing never blocks the event loop and never throws: lines wait in a bounded queue.
 * It takes the place of pino's own destination, whose `flushSync` never returns once the reader is gone.
 */
export class LogSink {
  readonly #fd: number;
  /** True when a full pipe answers EAGAIN, so that writing at once can never block. */
  readonly #immediate: boolean;
  readonly #clock: Clock;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #busy = false;
  #gone = false;
  #dropped = 0;

  constructor(fd: number, clock: Clock) {
    const own = nonBlocking(fd);
    this.#fd = own ?? fd;
    this.#immediate = own !== undefined;
    this.#clock = clock;
  }

  /** Lines that were not written, because nobody read or writing failed. */
  get dropped(): number {
    return this.#dropped;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#gone || this.#bytes + bytes.length > MAX_WAITING_BYTES) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    if (!this.#busy) this.#next();
  }

  /** Writes what waits before it returns, within a second. pino calls it after a fatal line. */
  flushSync(): void {
    let waits = 0;
    while (this.#waiting.length > 0 && waits < FLUSH_WAITS) {
      const chunk = this.#take();
      try {
        this.#keepRest(chunk, writeSync(this.#fd, chunk));
      } catch (failure) {
        if (!isBusy(failure)) {
          this.#fail(failure, chunk);
          return;
        }
        this.#keepRest(chunk, 0);
        waits++;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FLUSH_WAIT_MS);
      }
    }
  }

  #next(): void {
    if (this.#waiting.length === 0) return;
    const chunk = this.#take();
    this.#busy = true;
    if (!this.#immediate) {
      write(this.#fd, chunk, (failure, written) => this.#wrote(chunk, failure, written));
      return;
    }
    try {
      this.#wrote(chunk, null, writeSync(this.#fd, chunk));
    } catch (failure) {
      this.#wrote(chunk, failure, 0);
    }
  }

  #wrote(chunk: Buffer, failure: unknown, written: number): void {
    this.#busy = false;
    if (!failure) {
      this.#keepRest(chunk, written);
      this.#next();
    } else if (isBusy(failure)) {
      this.#keepRest(chunk, 0);
      this.#busy = true;
      this.#clock.after("log reader", RETRY_MS, () => {
        this.#busy = false;
        this.#next();
      });
    } else this.#fail(failure, chunk);
  }

  #take(): Buffer {
    let size = 0;
    let count = 0;
    while (count < this.#waiting.length && size < CHUNK_BYTES) size += this.#waiting[count++]?.length ?? 0;
    this.#bytes -= size;
    return Buffer.concat(this.#waiting.splice(0, count));
  }

  #keepRest(chunk: Buffer, written: number): void {
    if (written === chunk.length) return;
    this.#waiting.unshift(chunk.subarray(written));
    this.#bytes += chunk.length - written;
  }

  #fail(failure: unknown, chunk: Buffer): void {
    this.#dropped += lineCount(chunk);
    this.#gone = (failure as NodeJS.ErrnoException).code === "EPIPE";
    if (!this.#gone) {
      this.#next();
      return;
    }
    this.#dropped += lineCount(Buffer.concat(this.#waiting.splice(0)));
    this.#bytes = 0;
  }
}

function lineCount(chunk: Buffer): number {
  return chunk.toString("latin1").split("\n").length - 1;
}

function isBusy(failure: unknown): boolean {
  return (failure as NodeJS.ErrnoException).code === "EAGAIN";
}

/**
 * The same pipe or terminal, opened again so that a full one answers EAGAIN: a blocked write would hold a thread of
 * libuv's pool and keep `process.exit` from ending. The flag belongs to the new opening, so nobody else is touched.
 * A socket (journald) cannot be opened again and a file does not need it: undefined, and libuv's pool writes.
 */
function nonBlocking(fd: number): number | undefined {
  const stat = fstatSync(fd);
  if (!stat.isFIFO() && !isatty(fd)) return undefined;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined; // No /proc, or a pipe of another user: it is written to all the same.
  }
}
