import type { Clock } from "../../src/base/clock.ts";
import { TelpostError } from "../../src/base/errors.ts";
import { GPIO_LAYOUT, QUEUE_EVENTS } from "../../src/base/native/gpio-structs.ts";
import { GpioLine } from "../../src/sense/line/gpio-line.ts";
import type {
  GpioOutput,
  GpioRequest,
  GpioSettings,
  OutputSettings,
} from "../../src/sense/line/gpio-request.ts";
import type { Line } from "../../src/sense/line/port.ts";

export interface GpioLineOptions {
  readonly settings: GpioSettings;
  readonly clock: Clock;
  readonly jitterBelow: (limit: number) => number;
}

/** A GPIO chip whose lines are driven from outside, real or not. */
export interface GpioBench {
  readonly label: string;
  /** The name of its line 3. */
  readonly lineName: string;
  plug(): void;
  unplug(): void;
  /** Pulls a line to a level, before active-low. */
  set(line: number, level: 0 | 1): void;
  /** Another program takes a line, until it is let go. */
  take(line: number): () => void;
  /** The adapter under test, on this chip. */
  line(options: GpioLineOptions): Line;
  /** Descriptors of this process, and lines exported, that belong to the chip, in words. */
  held(): string[];
  dispose(): void;
}

/** A chip whose lines can be driven from inside, too. */
export interface OutputBench extends GpioBench {
  /** The driver under test, on this chip. */
  drive(settings: OutputSettings): GpioOutput;
  /** The level on the wire of a line that is driven. */
  driven(line: number): 0 | 1;
}

const LINES = 32;

interface Requested {
  readonly settings: GpioSettings;
  readonly offsets: readonly number[];
  readonly seqnos: Map<number, number>;
  queue: Buffer[];
}

/**
 * The kernel's side of GPIO lines (gpiolib-cdev.c) where there is no chip: one queue a request, which drops its oldest
 * event when it is full, numbers that go on meanwhile, and monotonic times. Without debouncing.
 */
export class FakeGpioChip implements OutputBench {
  readonly label = "fake";
  readonly lineName = "line-3";
  readonly #levels = new Map<number, 0 | 1>();
  readonly #taken = new Set<number>();
  readonly #requests = new Set<Requested>();
  /** The lines that are driven now, by their numbers. */
  readonly #outputs = new Map<number, object>();
  #plugged = false;
  #gone = new WeakSet<Requested>();
  readonly #nowMs: () => number;

  /** @param nowMs the kernel's monotonic clock */
  constructor(nowMs: () => number = () => Number(process.hrtime.bigint()) / 1e6) {
    this.#nowMs = nowMs;
  }

  line(options: GpioLineOptions): Line {
    return new GpioLine({ ...options, request: this.request });
  }

  plug(): void {
    this.#plugged = true;
  }

  unplug(): void {
    this.#plugged = false;
    this.#levels.clear();
    for (const one of this.#requests) this.#gone.add(one);
    this.#outputs.clear();
  }

  take(line: number): () => void {
    this.#taken.add(line);
    return () => this.#taken.delete(line);
  }

  set(line: number, level: 0 | 1): void {
    if (!this.#plugged || (this.#levels.get(line) ?? 0) === level) return;
    this.#levels.set(line, level);
    this.interrupt(line);
  }

  /** Changes a level whose interrupt has not come yet. */
  setUnheard(line: number, level: 0 | 1): void {
    this.#levels.set(line, level);
  }

  /** An interrupt of a line: the level is what it is by then, so that two that are too quick look alike. */
  interrupt(line: number): void {
    for (const one of this.#requests) if (one.offsets.includes(line)) this.#queue(one, line);
  }

  #queue(one: Requested, line: number): void {
    const { event } = GPIO_LAYOUT;
    const seqno = ((one.seqnos.get(line) ?? 0) + 1) >>> 0;
    one.seqnos.set(line, seqno);
    const bytes = Buffer.alloc(event.bytes);
    bytes.writeBigUInt64LE(BigInt(Math.round(this.#nowMs() * 1e6)), event.time);
    bytes.writeUInt32LE(this.#level(one, line) === 1 ? 1 : 2, event.id);
    bytes.writeUInt32LE(line, event.offset);
    bytes.writeUInt32LE(seqno, event.lineSeqno);
    one.queue.push(bytes);
    if (one.queue.length > QUEUE_EVENTS) one.queue.shift();
  }

  readonly request = (settings: GpioSettings): GpioRequest => {
    if (!this.#plugged || settings.chip !== this.label)
      throw new TelpostError("device.no_chip", settings.chip);
    const names = new Map(Object.entries(settings.lines).map(([name, line]) => [this.#offset(line), name]));
    const offsets = [...names.keys()];
    if (offsets.some((offset) => this.#isTaken(offset))) throw new TelpostError("device.line_busy");
    const own: Requested = { settings, offsets, seqnos: new Map(), queue: [] };
    this.#requests.add(own);
    return {
      names,
      levels: () => this.#levelsOf(own),
      read: (into) => this.#read(own, into),
      close: () => this.#requests.delete(own),
    };
  };

  #isTaken(offset: number): boolean {
    return this.#taken.has(offset) || this.#outputs.has(offset);
  }

  readonly drive = ({ chip, line, activeLow }: OutputSettings): GpioOutput => {
    if (!this.#plugged || chip !== this.label) throw new TelpostError("device.no_chip", chip);
    const offset = this.#offset(line);
    const isInput = [...this.#requests].some(({ offsets }) => offsets.includes(offset));
    if (isInput || this.#isTaken(offset)) throw new TelpostError("device.line_busy");
    const own = {};
    const set = (level: 0 | 1) => {
      if (this.#outputs.get(offset) !== own) throw new TelpostError("device.gone");
      this.#levels.set(offset, level === Number(activeLow) ? 0 : 1);
    };
    const close = () => {
      if (this.#outputs.get(offset) === own) this.#outputs.delete(offset);
    };
    this.#outputs.set(offset, own);
    set(0);
    return { set, close };
  };

  driven(line: number): 0 | 1 {
    return this.#levels.get(line) ?? 0;
  }

  /** What happens between the request of lines and the question for their levels. */
  beforeLevels: () => void = () => {};
  /** And between the question and the interrupt of a change that it saw. */
  afterLevels: () => void = () => {};

  #levelsOf(own: Requested): ReadonlyMap<number, 0 | 1> {
    this.beforeLevels();
    if (this.#gone.has(own)) throw Object.assign(new Error("ioctl: ENODEV"), { code: "ENODEV" });
    const levels = new Map(own.offsets.map((offset) => [offset, this.#level(own, offset)] as const));
    this.afterLevels();
    return levels;
  }

  /** After active-low. */
  #level({ settings }: Requested, line: number): 0 | 1 {
    return (this.#levels.get(line) ?? 0) === Number(settings.activeLow) ? 0 : 1;
  }

  #offset(line: number | string): number {
    const offset = line === this.lineName ? 3 : line;
    if (typeof offset !== "number" || offset >= LINES) throw new TelpostError("device.no_line", `${line}`);
    return offset;
  }

  #read(own: Requested, into: Buffer): number {
    if (this.#gone.has(own)) throw Object.assign(new Error("read: ENODEV"), { code: "ENODEV" });
    const events = own.queue.splice(0, into.length / GPIO_LAYOUT.event.bytes);
    return Buffer.concat(events).copy(into);
  }

  held(): string[] {
    return [...this.#requests, ...this.#outputs].map(() => "request");
  }

  dispose(): void {
    this.unplug();
  }
}
