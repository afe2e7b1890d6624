import { closeSync, constants, openSync, readdirSync, readSync } from "node:fs";
import {
  GPIO_IOCTL,
  GPIO_LAYOUT,
  type LineInfo,
  type LineRequest,
  lineInfoOf,
  type OutputRequest,
  outputBytes,
  requestBytes,
  textAt,
} from "./gpio-structs.ts";
import { errnoError, lazily, libc } from "./libc.ts";

const F_SETFL = 4;
const O_CLOEXEC = 0o2000000;

const native = lazily(() => {
  if (process.arch !== "x64" && process.arch !== "arm64")
    throw new Error(`no GPIO layout for ${process.arch}`);
  const library = libc();
  return {
    ioctl: library.func("int ioctl(int fd, unsigned long request, void *argument)") as (
      fd: number,
      request: number,
      argument: Uint8Array,
    ) => number,
    fcntl: library.func("int fcntl(int fd, int command, int flags)") as (
      fd: number,
      command: number,
      flags: number,
    ) => number,
  };
});

function call(name: string, fd: number, request: number, argument: Buffer): Buffer {
  if (native().ioctl(fd, request, argument) !== 0) throw errnoError(name);
  return argument;
}

/** Makes sure that GPIO calls can be made here at all. @throws a plain Error without koffi, glibc or a known layout */
export function loadGpio(): void {
  native();
}

/** The chips of this machine, such as /dev/gpiochip0, in the order of their numbers, which a restart may change. */
export function chipPaths(): string[] {
  const numbers = readdirSync("/dev").flatMap((name) => /^gpiochip(\d+)$/.exec(name)?.[1] ?? []);
  return numbers.sort((one, other) => Number(one) - Number(other)).map((number) => `/dev/gpiochip${number}`);
}

export interface ChipInfo {
  readonly label: string;
  /** How many lines it has: they are numbered from 0. */
  readonly lines: number;
}

/** An open chip. `close` does not end the requests made through it. */
export interface Chip extends ChipInfo {
  /** The name that the board gives a line; "" when it has none. */
  lineName(offset: number): string;
  /** Looks at a line without asking for it. */
  lineInfo(offset: number): LineInfo;
  /** @returns a descriptor to read events from, non-blocking */
  request(lines: LineRequest): number;
  /** @returns a descriptor to set the line's level with */
  drive(line: OutputRequest): number;
  close(): void;
}

/** @throws a plain Error with `code`, such as EACCES, ENOENT or ENOTTY */
export function openChip(path: string): Chip {
  const fd = openSync(path, constants.O_RDONLY | O_CLOEXEC);
  try {
    const info = call("GPIO_GET_CHIPINFO", fd, GPIO_IOCTL.chipInfo, Buffer.alloc(GPIO_LAYOUT.chipInfo.bytes));
    return {
      label: textAt(info, GPIO_LAYOUT.chipInfo.label),
      lines: info.readUInt32LE(GPIO_LAYOUT.chipInfo.lines),
      lineName: (offset) => lineInfo(fd, offset).name,
      lineInfo: (offset) => lineInfo(fd, offset),
      request: (lines) => requestLines(fd, lines),
      drive: (line) => asked(fd, outputBytes(line)),
      close: () => closeSync(fd),
    };
  } catch (failure) {
    closeSync(fd);
    throw failure;
  }
}

function lineInfo(fd: number, offset: number): LineInfo {
  const info = Buffer.alloc(GPIO_LAYOUT.lineInfo.bytes);
  info.writeUInt32LE(offset, GPIO_LAYOUT.lineInfo.offset);
  return lineInfoOf(call("GPIO_V2_GET_LINEINFO", fd, GPIO_IOCTL.lineInfo, info));
}

/** @returns the descriptor of the request */
function asked(fd: number, request: Buffer): number {
  const answer = call("GPIO_V2_GET_LINE", fd, GPIO_IOCTL.request, request);
  return answer.readInt32LE(GPIO_LAYOUT.requestEnd.fd);
}

function requestLines(fd: number, lines: LineRequest): number {
  const events = asked(fd, requestBytes(lines));
  if (native().fcntl(events, F_SETFL, constants.O_NONBLOCK) === 0) return events;
  const failure = errnoError("F_SETFL");
  closeSync(events);
  throw failure;
}

/**
 * Takes what waits in the queue of a request, as whole events.
 * @returns the bytes read; 0 when nothing waits
 * @throws a plain Error with `code`: ENODEV when the chip is gone
 */
export function readEvents(fd: number, into: Buffer): number {
  try {
    return readSync(fd, into);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "EAGAIN") return 0;
    throw failure;
  }
}

/**
 * The levels of the lines of a request now, after active-low and debounced as their events are, in the order they were
 * asked for.
 * @throws a plain Error with `code`: ENODEV when the chip is gone
 */
export function readLevels(fd: number, lines: number): (0 | 1)[] {
  const { values } = GPIO_LAYOUT;
  const asked = Buffer.alloc(values.bytes);
  asked.writeBigUInt64LE(2n ** BigInt(lines) - 1n, values.mask);
  const bits = call("GPIO_V2_LINE_GET_VALUES", fd, GPIO_IOCTL.values, asked).readBigUInt64LE(values.bits);
  return Array.from({ length: lines }, (_, line) => ((bits >> BigInt(line)) & 1n ? 1 : 0));
}

/**
 * Makes a line that is driven active (1) or not.
 * @throws a plain Error with `code`: ENODEV when the chip is gone
 */
export function writeLevel(fd: number, level: 0 | 1): void {
  const { values } = GPIO_LAYOUT;
  const wanted = Buffer.alloc(values.bytes);
  wanted.writeBigUInt64LE(BigInt(level), values.bits);
  wanted.writeBigUInt64LE(1n, values.mask);
  call("GPIO_V2_LINE_SET_VALUES", fd, GPIO_IOCTL.setValues, wanted);
}
