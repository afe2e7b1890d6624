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
  setValues: 0xc010b40f,
} as const;
export const GPIO_FLAG = {
  used: 0x1,
  activeLow: 0x2,
  input: 0x4,
  output: 0x8,
  edgeRising: 0x10,
  edgeFalling: 0x20,
  pullUp: 0x100,
  pullDown: 0x200,
  biasDisabled: 0x400,
} as const;
const DEBOUNCE_ATTRIBUTE = 3;
const RISING_EVENT = 1;
const NAME_BYTES = 32;

/** The queue of a request in events: the kernel clamps to this (gpiolib-cdev.c, GPIO_V2_LINES_MAX * 16). */
export const QUEUE_EVENTS = 1024;

/** A line as the kernel shows it to everybody. */
export interface LineInfo {
  /** The name that the board gives it; "" when it has none. */
  readonly name: string;
  /** Who holds it, as gpioinfo shows it; null when it is free. */
  readonly consumer: string | null;
}

/** Reads a filled struct gpio_v2_line_info. */
export function lineInfoOf(info: Buffer): LineInfo {
  const { name, consumer, flags } = GPIO_LAYOUT.lineInfo;
  const isUsed = (info.readBigUInt64LE(flags) & BigInt(GPIO_FLAG.used)) !== 0n;
  return { name: textAt(info, name), consumer: isUsed ? textAt(info, consumer) : null };
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

/** A line that is driven. */
export interface OutputRequest extends Pick<LineRequest, "activeLow" | "consumer"> {
  readonly offset: number;
}

/** A struct gpio_v2_line_request that drives one line, inactive at first: without an attribute its value is 0. */
export function outputBytes({ offset, activeLow, consumer }: OutputRequest): Buffer {
  const { request, requestEnd } = GPIO_LAYOUT;
  const bytes = Buffer.alloc(request.bytes);
  bytes.writeUInt32LE(offset, 0);
  bytes.write(consumer, request.consumer, NAME_BYTES - 1, "latin1");
  const flags = GPIO_FLAG.output | (activeLow ? GPIO_FLAG.activeLow : 0);
  bytes.writeBigUInt64LE(BigInt(flags), request.flags);
  bytes.writeUInt32LE(1, requestEnd.lineCount);
  return bytes;
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

/** A name in a struct. */
export function textAt(bytes: Buffer, at: number): string {
  const field = bytes.subarray(at, at + NAME_BYTES);
  const end = field.indexOf(0);
  return field.toString("latin1", 0, end < 0 ? NAME_BYTES : end);
}
