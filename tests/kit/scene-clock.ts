import { type Clock, SystemClock, type Timer } from "../../src/base/clock.ts";

interface Waiting extends Timer {
  readonly dueMs: number;
  readonly fn: () => void;
  timer: Timer;
}

/** A step of the machine's clock that is longer is a standstill of the test. */
const STANDSTILL_MS = 50;

/**
 * The time of simulated devices and their scenes: from 0, at the pace of the machine, and a test can jump ahead. So scenes
 * lie far apart, nobody walks while a test arranges something, however long that takes, and no time is lost to waiting.
 * While the test itself stands still the scene does too: a real device goes on measuring then.
 */
export class SceneClock implements Clock {
  readonly #system = new SystemClock();
  readonly #waiting = new Set<Waiting>();
  #seenMs = this.#system.monotonic();
  #nowMs = 0;

  monotonic(): number {
    const seenMs = this.#system.monotonic();
    this.#nowMs += Math.min(STANDSTILL_MS, seenMs - this.#seenMs);
    this.#seenMs = seenMs;
    return this.#nowMs;
  }

  realtime(): number {
    return this.#system.realtime();
  }

  after(name: string, ms: number, fn: () => void): Timer {
    const cancel = () => {
      waiting.timer.cancel();
      this.#waiting.delete(waiting);
    };
    const waiting: Waiting = { name, dueMs: this.monotonic() + ms, fn, cancel, timer: { name, cancel() {} } };
    this.#arm(waiting);
    return waiting;
  }

  /** Jumps ahead; nothing happens when that moment is over already. */
  skipTo(ms: number): void {
    this.#nowMs = Math.max(ms, this.monotonic());
    for (const waiting of this.#waiting) this.#arm(waiting);
  }

  #arm(waiting: Waiting): void {
    waiting.timer.cancel();
    this.#waiting.add(waiting);
    waiting.timer = this.#system.after(waiting.name, waiting.dueMs - this.monotonic(), () => {
      this.#waiting.delete(waiting);
      waiting.fn();
    });
  }
}
