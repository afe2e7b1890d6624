import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { errnoError, lazily, libc } from "./libc.ts";

const O_RDWR = 0x2;
const O_NOCTTY = 0x100;
const O_NONBLOCK = 0x800;
const O_CLOEXEC = 0x80000;
const POLLIN = 0x1;
const POLLHUP = 0x10;
const TCSANOW = 0;
const TERMIOS_BYTES = 64; // glibc's struct termios has 60 bytes.

/** What the far end does not take is held up to here; beyond it whole writes are lost, as on a wire nobody reads. */
const MAX_HELD_BYTES = 4 * 2 ** 20;
const READ_BYTES = 16 * 1024;
const READS_PER_ROUND = 16;
const IDLE_MS = 16;

/** The device's end of a pseudo-terminal: to whoever opens `path` it is a serial port. */
export interface Pty {
  /** Where the reader opens it, such as /dev/pts/4. */
  readonly path: string;
  /** Sends to the reader. Never blocks; what the reader does not take at once is sent as it reads. */
  write(bytes: Uint8Array): void;
  /** Calls `fn` with what the reader writes. Without it nothing is taken, and the reader's output buffer fills. */
  onData(fn: (bytes: Uint8Array) => void): void;
  /** Unplugs it: the reader sees a hang-up. Bytes it has not read are lost. */
  close(): void;
}

const native = lazily(() => {
  const library = libc();
  return {
    open: library.func("int posix_openpt(int flags)") as (flags: number) => number,
    grant: library.func("int grantpt(int fd)") as (fd: number) => number,
    unlock: library.func("int unlockpt(int fd)") as (fd: number) => number,
    name: library.func("int ptsname_r(int fd, void *name, size_t bytes)") as (
      fd: number,
      name: Uint8Array,
      bytes: number,
    ) => number,
    getTermios: library.func("int tcgetattr(int fd, void *termios)") as (
      fd: number,
      at: Uint8Array,
    ) => number,
    makeRaw: library.func("void cfmakeraw(void *termios)") as (at: Uint8Array) => void,
    setTermios: library.func("int tcsetattr(int fd, int when, void *termios)") as (
      fd: number,
      when: number,
      at: Uint8Array,
    ) => number,
    poll: library.func("int poll(void *fds, unsigned long count, int timeoutMs)") as (
      fds: Uint8Array,
      count: number,
      timeoutMs: number,
    ) => number,
    close: library.func("int close(int fd)") as (fd: number) => number,
  };
});

export interface PtyOptions {
  /** What is written while nobody has the reader's end open waits for a reader (default), or is lost as on a wire. */
  readonly waitsForReader?: boolean;
}

/** Opens a pseudo-terminal in raw mode (pts(4), posix_openpt(3)). It holds one descriptor and one timer until closed. */
export function openPty({ waitsForReader = true }: PtyOptions = {}): Pty {
  const fd = native().open(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) throw errnoError("posix_openpt");
  try {
    const path = prepare(fd);
    // Only a reader's end that was open once is known to be closed.
    if (!waitsForReader) closeSync(openSync(path, O_RDWR | O_NOCTTY | O_NONBLOCK));
    return new PolledPty(fd, path, waitsForReader);
  } catch (failure) {
    native().close(fd);
    throw failure;
  }
}

function prepare(fd: number): string {
  const { grant, unlock, name, getTermios, makeRaw, setTermios } = native();
  if (grant(fd) !== 0) throw errnoError("grantpt");
  if (unlock(fd) !== 0) throw errnoError("unlockpt");
  const path = Buffer.alloc(64);
  if (name(fd, path, path.length) !== 0) throw errnoError("ptsname_r");
  const termios = Buffer.alloc(TERMIOS_BYTES);
  if (getTermios(fd, termios) !== 0) throw errnoError("tcgetattr");
  makeRaw(termios);
  if (setTermios(fd, TCSANOW, termios) !== 0) throw errnoError("tcsetattr");
  return path.toString("latin1", 0, path.indexOf(0));
}

/**
 * Polled, because libuv offers no readiness for a descriptor it did not open, and a blocking read would hold a thread of
 * its pool for ever. A round is two system calls, every millisecond while bytes flow and up to 16 ms apart while idle.
 */
class PolledPty implements Pty {
  readonly path: string;
  readonly #fd: number;
  readonly #waitsForReader: boolean;
  readonly #buffer = Buffer.alloc(READ_BYTES);
  #held: Buffer[] = [];
  #heldBytes = 0;
  #listener: ((bytes: Uint8Array) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #waitMs = 1;
  #open = true;

  constructor(fd: number, path: string, waitsForReader: boolean) {
    this.#fd = fd;
    this.#waitsForReader = waitsForReader;
    this.path = path;
    this.#schedule();
  }

  write(bytes: Uint8Array): void {
    if (!this.#open || this.#heldBytes + bytes.length > MAX_HELD_BYTES) return;
    if (!this.#waitsForReader && isUnread(this.#fd)) return;
    this.#held.push(Buffer.from(bytes));
    this.#heldBytes += bytes.length;
    // Only sends: receiving here would call the listener from within itself when it answers.
    this.#send();
    this.#waitMs = 1;
    this.#schedule();
  }

  onData(fn: (bytes: Uint8Array) => void): void {
    this.#listener = fn;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#timer);
    this.#held = [];
    native().close(this.#fd);
  }

  #schedule(): void {
    if (!this.#open) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#round(), this.#waitMs);
  }

  #round(): void {
    const sent = this.#send();
    const received = this.#receive();
    this.#waitMs = sent || received ? 1 : Math.min(IDLE_MS, this.#waitMs * 2);
    this.#schedule();
  }

  #send(): boolean {
    let progress = false;
    for (let head = this.#held.shift(); head; head = this.#held.shift()) {
      const written = unlessWaiting(() => writeSync(this.#fd, head));
      this.#heldBytes -= written;
      if (written < head.length) this.#held.unshift(head.subarray(written));
      if (written === 0) break;
      progress = true;
    }
    return progress;
  }

  #receive(): boolean {
    let reads = 0;
    // Asked for first: an exception for each round in which there is nothing takes ten times as long.
    if (!this.#listener || (polled(this.#fd, POLLIN) & POLLIN) === 0) return false;
    for (; reads < READS_PER_ROUND && this.#open; reads++) {
      const count = unlessWaiting(() => readSync(this.#fd, this.#buffer));
      if (count === 0) break;
      this.#listener(Buffer.from(this.#buffer.subarray(0, count)));
    }
    return reads > 0;
  }
}

/** Whether nobody has the reader's end open. */
const isUnread = (fd: number): boolean => (polled(fd, 0) & POLLHUP) !== 0;

/** What poll(2) says at once. A hang-up is told without being asked for. */
function polled(fd: number, events: number): number {
  // struct pollfd: int fd, short events, short revents.
  const entry = Buffer.alloc(8);
  entry.writeInt32LE(fd, 0);
  entry.writeInt16LE(events, 4);
  return native().poll(entry, 1, 0) > 0 ? entry.readInt16LE(6) : 0;
}

/** The bytes moved; 0 when the call would block (EAGAIN) or nobody has the reader's end open (EIO). */
function unlessWaiting(call: () => number): number {
  try {
    return call();
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code === "EAGAIN" || code === "EIO") return 0;
    throw failure;
  }
}
