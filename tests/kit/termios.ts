import { lazily, libc } from "../../src/base/native/libc.ts";

/** Drop DTR when the terminal is closed (termios(3)); set on a fresh serial port, not on a fresh pseudo-terminal. */
export const HUPCL = 0o2000;

// glibc's struct termios on Linux: 60 bytes, c_cflag at 8.
const C_CFLAG = 8;
const get = lazily(() => libc().func("int tcgetattr(int fd, void *termios)"));
const set = lazily(() => libc().func("int tcsetattr(int fd, int when, void *termios)"));

function settings(fd: number): Buffer {
  const termios = Buffer.alloc(64);
  if (get()(fd, termios) !== 0) throw new Error("tcgetattr failed");
  return termios;
}

/** The control flags (c_cflag) of an open terminal. */
export function controlFlags(fd: number): number {
  return settings(fd).readUInt32LE(C_CFLAG);
}

/** Adds control flags to an open terminal. */
export function addControlFlags(fd: number, flags: number): void {
  const termios = settings(fd);
  termios.writeUInt32LE(termios.readUInt32LE(C_CFLAG) | flags, C_CFLAG);
  if (set()(fd, 0, termios) !== 0) throw new Error("tcsetattr failed");
}
