import { type Clock, sleep, type Timer } from "../../base/clock.ts";
import { type ErrorCode, TelpostError } from "../../base/errors.ts";
import { GPIO_LAYOUT, type GpioEvent, QUEUE_EVENTS, readEvent } from "../../base/native/gpio-structs.ts";
import { type GpioRequest, type GpioSettings, goneCode, requestGpio } from "./gpio-request.ts";
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
  /** In the kernel's queue. */
  readonly remembers = true;

  constructor({ settings, clock, jitterBelow, request = requestGpio }: GpioLineOptions) {
    const open = () => openGpio(request(settings), clock);
    this.#line = new ReopenedLine({ kind: "gpio", clock, jitterBelow, open, codeOf });
  }

  start(listener: LineListener): void {
    this.#line.start(listener);
  }

  drain(beforeMs: number): void {
    this.#line.drain(beforeMs);
  }

  /** An input takes nothing. */
  write(_bytes: Uint8Array): void {}

  stop(): Promise<void> {
    return this.#line.stop();
  }
}

/**
 * Asks for the levels, and looks for the first events only then: an edge between the request and the question is in the
 * level already and also waits as an event. After one look the event of whatever the question saw has come.
 */
async function openGpio(request: GpioRequest, clock: Clock): Promise<OpenGpio> {
  const sinceMs = clock.monotonic();
  try {
    const levels = request.levels();
    await sleep(clock, LOOK_MS, undefined, "gpio.opening");
    return new OpenGpio({ request, clock, sinceMs, levels });
  } catch (failure) {
    request.close();
    throw new TelpostError(goneCode(failure), undefined, { cause: failure });
  }
}

interface Opened {
  readonly request: GpioRequest;
  readonly clock: Clock;
  readonly sinceMs: number;
  /** As the lines stood when they were asked, by number. */
  readonly levels: ReadonlyMap<number, 0 | 1>;
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
  /** The last event of each line; at first the level that it had at the opening, as the event before the first. */
  readonly #last: Map<number, GpioEvent>;
  readonly #buffer = Buffer.alloc(QUEUE_EVENTS * GPIO_LAYOUT.event.bytes);
  /** Taken from the kernel and not told yet. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #listener: DeviceListener | undefined;
  #timer: Timer | undefined;
  #failure: unknown;

  readonly watched: NonNullable<OpenDevice["watched"]>;

  constructor({ request, clock, sinceMs, levels }: Opened) {
    this.#request = request;
    this.#clock = clock;
    this.#fetch();
    const first = this.#firstEvents();
    this.#last = new Map(
      [...levels].map(([offset, asked]) => {
        const changed = first.get(offset);
        const level = changed ? (changed.level === 1 ? 0 : 1) : asked;
        return [offset, { offset, level, atMs: sinceMs, lineSeqno: 0 }];
      }),
    );
    const named = [...this.#last].map(([offset, { level }]) => [request.names.get(offset) ?? "", level]);
    this.watched = { sinceMs, levels: Object.fromEntries(named) };
  }

  listen(listener: DeviceListener): void {
    this.#listener = listener;
    this.#arm(0);
  }

  write(): void {}

  /** What an event causes may ask for the rest of them: each is taken out before it is told. */
  drain(beforeMs: number): void {
    this.#fetch();
    for (let [first] = this.#waiting; first && readEvent(first).atMs < beforeMs; [first] = this.#waiting) {
      if (!this.#listener) return;
      this.#tell(this.#taken(first));
      this.#fetch();
    }
  }

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

  #firstEvents(): ReadonlyMap<number, GpioEvent> {
    const { bytes } = GPIO_LAYOUT.event;
    const events = this.#waiting.flatMap((chunk) =>
      Array.from({ length: chunk.length / bytes }, (_, at) => readEvent(chunk.subarray(at * bytes))),
    );
    return new Map(events.toReversed().map((event) => [event.offset, event]));
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
      this.#tell(this.#taken(first));
    }
  }

  #taken(first: Buffer): GpioEvent {
    const rest = first.subarray(GPIO_LAYOUT.event.bytes);
    this.#waitingBytes -= GPIO_LAYOUT.event.bytes;
    if (rest.length > 0) this.#waiting[0] = rest;
    else this.#waiting.shift();
    return readEvent(first);
  }

  #tell(event: GpioEvent): void {
    const name = this.#request.names.get(event.offset) ?? "";
    // Between the request and the reading of the clock.
    const atMs = Math.max(this.watched.sinceMs, event.atMs);
    const missed = missedBetween(this.#last.get(event.offset), event);
    this.#last.set(event.offset, event);
    if (missed > 0) this.#listener?.lost(missed, atMs);
    this.#listener?.edge({ name, level: event.level, atMs });
  }
}
