import { closeSync, constants, openSync, readdirSync, readSync } from "node:fs";
import { errnoError, lazily, libc } from "./libc.ts";

/**
 * The GPIO character device, uAPI version 2 (include/uapi/linux/gpio.h; kernel 5.10 and newer). Sizes and places of the
 * structs in bytes, little endian, the same on x64 and arm64.
 */
export const GPIO_LAYOUT = {
  chipInfo: { bytes: 68, label: 32, lines: 64 },
  lineInfo: { bytes: 256, name: 0, consumer: 32, offset: 64, flags: 72 },
  request: { bytes: 592, consumer: 256, flags: 288, attributeCount: 296, attributes: 320 },
  requestEnd: { lineCount: 560, bufferSize: 564, fd: 588 },
  attribute: { bytes: 24, id: 0, value: 8, mask: 16 },
  values: { bytes: 16, bits: 0, mask: 8 },
  event: { bytes: 48, time: 0, id: 8, offset: 12, lineSeqno: 20 },
} as const;
export const GPIO_IOCTL = {
  chipInfo: 0x8044b401,
  lineInfo: 0xc100b405,
  request: 0xc250b407,
  values: 0xc010b40e,
} as const;
export const GPIO_FLAG = {
  used: 0x1,
  activeLow: 0x2,
  input: 0x4,
  edgeRising: 0x10,
  edgeFalling: 0x20,
  pullUp: 0x100,
  pullDown: 0x200,
  biasDisabled: 0x400,
} as const;
const DEBOUNCE_ATTRIBUTE = 3;
const RISING_EVENT = 1;
const NAME_BYTES = 32;
const F_SETFL = 4;
const O_CLOEXEC = 0o2000000;

/** The queue of a request in events: the kernel clamps to this (gpiolib-cdev.c, GPIO_V2_LINES_MAX * 16). */
export const QUEUE_EVENTS = 1024;

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

/** A line as the kernel shows it to everybody. */
export interface LineInfo {
  /** The name that the board gives it; "" when it has none. */
  readonly name: string;
  /** Who holds it, as gpioinfo shows it; null when it is free. */
  readonly consumer: string | null;
}

/** An open chip. `close` does not end the requests made through it. */
export interface Chip extends ChipInfo {
  /** The name that the board gives a line; "" when it has none. */
  lineName(offset: number): string;
  /** Looks at a line without asking for it. */
  lineInfo(offset: number): LineInfo;
  /** @returns a descriptor to read events from, non-blocking */
  request(lines: LineRequest): number;
  close(): void;
}

/** What is asked of some lines of one chip. */
export interface LineRequest {
  readonly offsets: readonly number[];
  readonly bias: "pull-up" | "pull-down" | "disabled" | "as-is";
  readonly activeLow: boolean;
  /** A level has to hold so long before its edge is told, at the end of that time; 0 for no debouncing. */
  readonly debounceMs: number;
  /** Who holds the lines, as gpioinfo shows it. */
  readonly consumer: string;
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

/** Reads a filled struct gpio_v2_line_info. */
export function lineInfoOf(info: Buffer): LineInfo {
  const { name, consumer, flags } = GPIO_LAYOUT.lineInfo;
  const isUsed = (info.readBigUInt64LE(flags) & BigInt(GPIO_FLAG.used)) !== 0n;
  return { name: textAt(info, name), consumer: isUsed ? textAt(info, consumer) : null };
}

function requestLines(fd: number, lines: LineRequest): number {
  const answer = call("GPIO_V2_GET_LINE", fd, GPIO_IOCTL.request, requestBytes(lines));
  const events = answer.readInt32LE(GPIO_LAYOUT.requestEnd.fd);
  if (native().fcntl(events, F_SETFL, constants.O_NONBLOCK) === 0) return events;
  const failure = errnoError("F_SETFL");
  closeSync(events);
  throw failure;
}

/** A struct gpio_v2_line_request that watches both edges with the longest queue there is. */
export function requestBytes({ offsets, bias, activeLow, debounceMs, consumer }: LineRequest): Buffer {
  const { request, requestEnd, attribute } = GPIO_LAYOUT;
  const bytes = Buffer.alloc(request.bytes);
  for (const [index, offset] of offsets.entries()) bytes.writeUInt32LE(offset, 4 * index);
  bytes.write(consumer, request.consumer, NAME_BYTES - 1, "latin1");
  bytes.writeBigUInt64LE(BigInt(flagsOf(bias, activeLow)), request.flags);
  if (debounceMs > 0) {
    bytes.writeUInt32LE(1, request.attributeCount);
    bytes.writeUInt32LE(DEBOUNCE_ATTRIBUTE, request.attributes + attribute.id);
    bytes.writeUInt32LE(Math.round(debounceMs * 1000), request.attributes + attribute.value);
    // The bits are places in the list of offsets, not numbers of lines.
    bytes.writeBigUInt64LE(2n ** BigInt(offsets.length) - 1n, request.attributes + attribute.mask);
  }
  bytes.writeUInt32LE(offsets.length, requestEnd.lineCount);
  bytes.writeUInt32LE(QUEUE_EVENTS, requestEnd.bufferSize);
  return bytes;
}

function flagsOf(bias: LineRequest["bias"], activeLow: boolean): number {
  const { input, edgeRising, edgeFalling, pullUp, pullDown, biasDisabled } = GPIO_FLAG;
  const pull = { "pull-up": pullUp, "pull-down": pullDown, disabled: biasDisabled, "as-is": 0 }[bias];
  return input | edgeRising | edgeFalling | pull | (activeLow ? GPIO_FLAG.activeLow : 0);
}

/** One level change as the kernel tells it. */
export interface GpioEvent {
  readonly offset: number;
  /** After active-low. */
  readonly level: 0 | 1;
  /** Monotonic ms. */
  readonly atMs: number;
  /** Counts the events of this line from 1, also those that were dropped from a full queue; unsigned, 32 bits. */
  readonly lineSeqno: number;
}

/** @param bytes at least one struct gpio_v2_line_event */
export function readEvent(bytes: Buffer): GpioEvent {
  const { time, id, offset, lineSeqno } = GPIO_LAYOUT.event;
  return {
    offset: bytes.readUInt32LE(offset),
    level: bytes.readUInt32LE(id) === RISING_EVENT ? 1 : 0,
    atMs: Number(bytes.readBigUInt64LE(time)) / 1e6,
    lineSeqno: bytes.readUInt32LE(lineSeqno),
  };
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

function textAt(bytes: Buffer, at: number): string {
  const field = bytes.subarray(at, at + NAME_BYTES);
  const end = field.indexOf(0);
  return field.toString("latin1", 0, end < 0 ? NAME_BYTES : end);
}
