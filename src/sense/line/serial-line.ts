import { assert } from "../../base/assert.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import type { ErrorCode } from "../../base/errors.ts";
import { withDeadline } from "../../base/lifecycle.ts";
import type { Line, LineListener } from "./port.ts";
import { type ReopenEvent, type ReopenState, reopen } from "./reopen.ts";
import { openingCode } from "./serial-errors.ts";
import { type OpenSerialPort, openSerialPort, type SerialSettings } from "./serial-port.ts";

/** close(2) of a terminal may wait for its output to drain; a stop does not wait longer than this. */
const STOP_MS = 2000;

/** What a serial line needs. `jitterBelow(n)` is a uniform integer in [0, n). */
export interface SerialLineOptions {
  readonly settings: SerialSettings;
  readonly clock: Clock;
  readonly jitterBelow: (limit: number) => number;
}

/**
 * A serial port that is opened, read without end, and opened again whenever it vanishes. Each opening takes the path
 * anew, so that a link below /dev/serial/by-id finds the device wherever it came back. Starts once, stops once.
 */
export class SerialLine implements Line {
  readonly #options: SerialLineOptions;
  #state: ReopenState = { phase: "idle" };
  #listener: LineListener | undefined;
  #port: OpenSerialPort | undefined;
  #timer: Timer | undefined;
  /** The opening or closing under way. */
  #work: Promise<void> = Promise.resolve();
  #toldDown: ErrorCode | undefined;

  constructor(options: SerialLineOptions) {
    this.#options = options;
  }

  start(listener: LineListener): void {
    assert(this.#state.phase === "idle", "a line starts once");
    this.#listener = listener;
    this.#step("start");
  }

  write(bytes: Uint8Array): void {
    this.#port?.write(bytes);
  }

  async stop(): Promise<void> {
    this.#listener = undefined;
    this.#timer?.cancel();
    this.#step("stop");
    const port = this.#port;
    this.#port = undefined;
    await withDeadline(this.#options.clock, STOP_MS, Promise.all([this.#work, port?.close()]));
  }

  #step(event: ReopenEvent): void {
    const { clock, jitterBelow } = this.#options;
    const step = reopen(this.#state, event, clock.monotonic(), jitterBelow);
    this.#state = step.state;
    if (step.do === "open") this.#work = this.#open();
    if (step.do === "wait") this.#timer = clock.after("serial.reopen", step.waitMs, () => this.#step("due"));
  }

  async #open(): Promise<void> {
    let port: OpenSerialPort;
    try {
      port = await openSerialPort(this.#options.settings);
    } catch (failure) {
      this.#down(openingCode(failure));
      this.#step("failed");
      return;
    }
    this.#step("opened");
    // Stopped while it was opening.
    if (this.#state.phase !== "open") return port.close();
    this.#up(port);
  }

  #up(port: OpenSerialPort): void {
    this.#port = port;
    this.#toldDown = undefined;
    const { clock } = this.#options;
    this.#listener?.up(clock.monotonic());
    port.listen({
      bytes: (chunk) => this.#listener?.bytes(chunk, clock.monotonic()),
      lost: (code) => {
        this.#port = undefined;
        this.#work = this.#lost(port);
        this.#down(code);
      },
    });
  }

  /** Our own lock would refuse the next opening, so it waits until the descriptor is closed. */
  async #lost(port: OpenSerialPort): Promise<void> {
    await port.close();
    this.#step("lost");
  }

  #down(code: ErrorCode): void {
    if (code === this.#toldDown) return;
    this.#toldDown = code;
    this.#listener?.down(code, this.#options.clock.monotonic());
  }
}
