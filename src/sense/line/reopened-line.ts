import { assert } from "../../base/assert.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import type { ErrorCode } from "../../base/errors.ts";
import { withDeadline } from "../../base/lifecycle.ts";
import type { Levels } from "../../model.ts";
import type { Line, LineListener } from "./port.ts";
import { type ReopenEvent, type ReopenState, reopen } from "./reopen.ts";

/** close(2) of a terminal may wait for its output to drain; a stop does not wait longer than this. */
const STOP_MS = 2000;

/** What an open device tells: what it carries, and once, why there will be no more. */
export type DeviceListener = Pick<LineListener, "bytes" | "edge" | "lost"> & { gone(code: ErrorCode): void };

/** A device that is open, exactly once: it is never opened again. */
export interface OpenDevice {
  /** For GPIO lines: since when (monotonic ms) they are watched, and the level of each at that moment. */
  readonly watched?: { readonly sinceMs: number; readonly levels: Levels };
  /** Starts reading. */
  listen(listener: DeviceListener): void;
  /** See Line. Nothing before `listen`. */
  drain?(beforeMs: number): void;
  /** Never throws. */
  write(bytes: Uint8Array): void;
  /** Silent from now on; resolves when nothing is held any more. */
  close(): Promise<void>;
}

export interface ReopenedLineOptions {
  /** What its timers are called after, such as "serial". */
  readonly kind: string;
  readonly clock: Clock;
  /** A uniform integer in [0, n). */
  readonly jitterBelow: (limit: number) => number;
  readonly open: () => Promise<OpenDevice>;
  /** The code of what `open` was rejected with. */
  readonly codeOf: (failure: unknown) => ErrorCode;
}

/** A device that is opened, read without end, and opened again whenever it vanishes. Starts once, stops once. */
export class ReopenedLine implements Line {
  readonly #options: ReopenedLineOptions;
  #state: ReopenState = { phase: "idle" };
  #listener: LineListener | undefined;
  #device: OpenDevice | undefined;
  #timer: Timer | undefined;
  /** The opening or closing under way. */
  #work: Promise<void> = Promise.resolve();
  #toldDown: ErrorCode | undefined;

  constructor(options: ReopenedLineOptions) {
    this.#options = options;
  }

  start(listener: LineListener): void {
    assert(this.#state.phase === "idle", "a line starts once");
    this.#listener = listener;
    this.#step("start");
  }

  write(bytes: Uint8Array): void {
    this.#device?.write(bytes);
  }

  drain(beforeMs: number): void {
    this.#device?.drain?.(beforeMs);
  }

  async stop(): Promise<void> {
    this.#listener = undefined;
    this.#timer?.cancel();
    this.#step("stop");
    const device = this.#device;
    this.#device = undefined;
    await withDeadline(this.#options.clock, STOP_MS, Promise.all([this.#work, device?.close()]));
  }

  #step(event: ReopenEvent): void {
    const { clock, jitterBelow, kind } = this.#options;
    const step = reopen(this.#state, event, clock.monotonic(), jitterBelow);
    this.#state = step.state;
    if (step.do === "open") this.#work = this.#open();
    if (step.do === "wait") this.#timer = clock.after(`${kind}.reopen`, step.waitMs, () => this.#step("due"));
  }

  async #open(): Promise<void> {
    let device: OpenDevice;
    try {
      device = await this.#options.open();
    } catch (failure) {
      this.#down(this.#options.codeOf(failure));
      this.#step("failed");
      return;
    }
    this.#step("opened");
    // Stopped while it was opening.
    if (this.#state.phase !== "open") return device.close();
    this.#up(device);
  }

  #up(device: OpenDevice): void {
    this.#device = device;
    this.#toldDown = undefined;
    const { sinceMs, levels } = device.watched ?? { sinceMs: this.#options.clock.monotonic(), levels: {} };
    this.#listener?.up(sinceMs, levels);
    device.listen({
      bytes: (chunk, atMs) => this.#listener?.bytes(chunk, atMs),
      edge: (edge) => this.#listener?.edge(edge),
      lost: (edges, atMs) => this.#listener?.lost(edges, atMs),
      gone: (code) => {
        this.#device = undefined;
        this.#work = this.#gone(device);
        this.#down(code);
      },
    });
  }

  /** Our own lock would refuse the next opening, so it waits until the descriptor is closed. */
  async #gone(device: OpenDevice): Promise<void> {
    await device.close();
    this.#step("lost");
  }

  #down(code: ErrorCode): void {
    if (code === this.#toldDown) return;
    this.#toldDown = code;
    this.#listener?.down(code, this.#options.clock.monotonic());
  }
}
