import type { Clock, Timer } from "../../base/clock.ts";
import { type ErrorCode, TelpostError } from "../../base/errors.ts";
import { GPIO_LAYOUT, type GpioEvent, QUEUE_EVENTS, readEvent } from "../../base/native/gpio.ts";
import { type GpioRequest, type GpioSettings, requestGpio } from "./gpio-request.ts";
import type { Line, LineListener } from "./port.ts";
import { type DeviceListener, type OpenDevice, ReopenedLine } from "./reopened-line.ts";

/**
 * The kernel keeps the events with their times, so that a late look loses nothing: a timer costs the least (0.04 s of CPU
 * a minute), blocks nothing and holds no thread. A full queue is 12 s at 80 edges a second.
 */
const LOOK_MS = 50;

/** After so many events the kernel's queue is emptied again, so that what they cause cannot make it overflow. */
const EVENTS_PER_SLICE = 32;
/** The rest of the process gets its turn after so many slices. */
const SLICES_PER_ROUND = 8;
/** Beyond this the kernel's queue is left to overflow, which is counted: 3 MB of events. */
const MAX_WAITING_BYTES = 64 * QUEUE_EVENTS * GPIO_LAYOUT.event.bytes;

export interface GpioLineOptions {
  readonly settings: GpioSettings;
  readonly clock: Clock;
  readonly jitterBelow: (limit: number) => number;
  readonly request?: (settings: GpioSettings) => GpioRequest;
}

/** GPIO lines of one chip through the kernel's character device. Each opening looks for the chip anew. */
export class GpioLine implements Line {
  readonly #line: ReopenedLine;

  constructor({ settings, clock, jitterBelow, request = requestGpio }: GpioLineOptions) {
    const open = async () => new OpenGpio(request(settings), clock);
    this.#line = new ReopenedLine({ kind: "gpio", clock, jitterBelow, open, codeOf });
  }

  start(listener: LineListener): void {
    this.#line.start(listener);
  }

  /** An input takes nothing. */
  write(_bytes: Uint8Array): void {}

  stop(): Promise<void> {
    return this.#line.stop();
  }
}

const codeOf = (failure: unknown): ErrorCode =>
  failure instanceof TelpostError ? failure.code : "device.io";

/**
 * How many events of a line are missing between two of them: the kernel numbers also those that a full queue dropped.
 * Without a gap, two edges to the same level had at least one between them that was too quick for the interrupt.
 */
export function missedBetween(before: GpioEvent | undefined, event: GpioEvent): number {
  const gap = (event.lineSeqno - (before?.lineSeqno ?? 0) - 1) >>> 0;
  return gap === 0 && before?.level === event.level ? 1 : gap;
}

class OpenGpio implements OpenDevice {
  readonly #request: GpioRequest;
  readonly #clock: Clock;
  readonly #last = new Map<number, GpioEvent>();
  readonly #buffer = Buffer.alloc(QUEUE_EVENTS * GPIO_LAYOUT.event.bytes);
  /** Taken from the kernel and not told yet. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #listener: DeviceListener | undefined;
  #sinceMs = 0;
  #timer: Timer | undefined;
  #failure: unknown;

  constructor(request: GpioRequest, clock: Clock) {
    this.#request = request;
    this.#clock = clock;
  }

  listen(listener: DeviceListener): void {
    this.#listener = listener;
    this.#sinceMs = this.#clock.monotonic();
    this.#arm(LOOK_MS);
  }

  write(): void {}

  async close(): Promise<void> {
    this.#listener = undefined;
    this.#timer?.cancel();
    this.#request.close();
  }

  #arm(ms: number): void {
    this.#timer = this.#clock.after("gpio.look", ms, () => this.#round());
  }

  #round(): void {
    for (let slice = 0; slice < SLICES_PER_ROUND; slice++) {
      this.#fetch();
      if (this.#waitingBytes === 0) break;
      this.#tellSlice();
    }
    if (!this.#listener) return; // Stopped by whoever listened.
    if (this.#waitingBytes > 0) this.#arm(0);
    else if (this.#failure === undefined) this.#arm(LOOK_MS);
    else this.#listener.gone(goneCode(this.#failure));
  }

  #fetch(): void {
    try {
      while (this.#failure === undefined && this.#waitingBytes < MAX_WAITING_BYTES) {
        const bytes = this.#request.read(this.#buffer);
        if (bytes === 0) return;
        this.#waiting.push(Buffer.from(this.#buffer.subarray(0, bytes)));
        this.#waitingBytes += bytes;
      }
    } catch (failure) {
      this.#failure = failure; // Told once what came before it has been.
    }
  }

  #tellSlice(): void {
    for (let told = 0; told < EVENTS_PER_SLICE; told++) {
      const [first] = this.#waiting;
      if (!first) return;
      this.#tell(readEvent(first));
      const rest = first.subarray(GPIO_LAYOUT.event.bytes);
      this.#waitingBytes -= GPIO_LAYOUT.event.bytes;
      if (rest.length > 0) this.#waiting[0] = rest;
      else this.#waiting.shift();
    }
  }

  #tell(event: GpioEvent): void {
    const name = this.#request.names.get(event.offset) ?? "";
    // An edge between the request and the first look came while we were watching already.
    const atMs = Math.max(this.#sinceMs, event.atMs);
    const missed = missedBetween(this.#last.get(event.offset), event);
    this.#last.set(event.offset, event);
    if (missed > 0) this.#listener?.lost(missed, atMs);
    this.#listener?.edge({ name, level: event.level, atMs });
  }
}

/** ENODEV: the chip was removed, or its driver was. */
function goneCode(failure: unknown): ErrorCode {
  return (failure as NodeJS.ErrnoException).code === "ENODEV" ? "device.gone" : "device.io";
}
