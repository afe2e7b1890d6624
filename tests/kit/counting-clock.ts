import { type Clock, SystemClock, type Timer } from "../../src/base/clock.ts";

/** The machine's clock, which knows the timers that are still pending. */
export class CountingClock implements Clock {
  readonly #clock = new SystemClock();
  readonly #pending = new Set<Timer>();

  /** Names of the timers neither fired nor cancelled. */
  get pending(): string[] {
    return [...this.#pending].map(({ name }) => name);
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  realtime(): number {
    return this.#clock.realtime();
  }

  after(name: string, ms: number, fn: () => void): Timer {
    const inner = this.#clock.after(name, ms, () => {
      this.#pending.delete(timer);
      fn();
    });
    const timer: Timer = {
      name,
      cancel: () => {
        this.#pending.delete(timer);
        inner.cancel();
      },
    };
    this.#pending.add(timer);
    return timer;
  }
}
