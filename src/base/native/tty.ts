import { errnoError, lazily, libc } from "./libc.ts";

// ioctl(2) request numbers of asm-generic/ioctls.h, the same on x64 and arm64.
const TCGETS = 0x5401;
const TCSETS = 0x5402;
const TIOCEXCL = 0x540c;
const TIOCNXCL = 0x540d;

// The kernel's struct termios (asm-generic/termbits.h): four u32 flags (c_cflag is the third), c_line, c_cc[19] = 36 bytes.
const TERMIOS_BYTES = 64;
const C_CFLAG = 8;
const HUPCL = 0o2000;

type Ioctl = (fd: number, request: number, argument: Uint8Array | null) => number;
const ioctl = lazily<Ioctl>(() => libc().func("int ioctl(int fd, unsigned long request, void *argument)"));

function call(name: string, ...args: Parameters<Ioctl>): void {
  if (ioctl()(...args) !== 0) throw errnoError(name);
}

/**
 * No other process can open this terminal from now on (tty_ioctl(4), TIOCEXCL): its open(2) fails with EBUSY, unless it
 * has CAP_SYS_ADMIN. Without it a second reader silently takes bytes, and with them passages; the flock(2) that
 * serialport takes stops only those who ask for it too.
 * @throws a plain Error with `code` and `errno` when refused
 */
export function claimExclusive(fd: number): void {
  call("TIOCEXCL", fd, TIOCEXCL, null);
}

/**
 * Ends `claimExclusive`. The claim is a flag of the terminal, not of the descriptor: it outlives close(2) while anything
 * else holds the terminal, and would then lock out our own next open.
 * @throws a plain Error with `code` and `errno` when refused, as by a terminal that hung up (EIO)
 */
export function releaseExclusive(fd: number): void {
  call("TIOCNXCL", fd, TIOCNXCL, null);
}

/**
 * Keeps DTR as it is when the terminal is closed (termios(3), HUPCL off): dropping it resets Arduino-like sensors.
 * @throws a plain Error with `code` and `errno` when refused
 */
export function keepDtrOnClose(fd: number): void {
  const termios = Buffer.alloc(TERMIOS_BYTES);
  call("TCGETS", fd, TCGETS, termios);
  termios.writeUInt32LE((termios.readUInt32LE(C_CFLAG) & ~HUPCL) >>> 0, C_CFLAG);
  call("TCSETS", fd, TCSETS, termios);
}
