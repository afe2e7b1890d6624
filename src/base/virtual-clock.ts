import type { Clock, Timer } from "./clock.ts";

interface Pending extends Timer {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
}

/** A clock that moves only when told to: for `replay`, which runs a week in seconds, and for tests. */
export class VirtualClock implements Clock {
  #monotonic = 0;
  #offset: number;
  #order = 0;
  #pending: Pending[] = [];

  /** @param realtimeMs wall time (ms since the Unix epoch) at the start @param monotonicMs monotonic time at the start */
  constructor(realtimeMs: number, monotonicMs = 0) {
    this.#monotonic = monotonicMs;
    this.#offset = realtimeMs - monotonicMs;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  realtime(): number {
    return this.#monotonic + this.#offset;
  }

  after(name: string, ms: number, fn: () => void): Timer {
    const pending: Pending = {
      name,
      at: this.#monotonic + Math.max(0, ms),
      order: this.#order++,
      fn,
      cancel: () => {
        this.#pending = this.#pending.filter((other) => other !== pending);
      },
    };
    this.#pending.push(pending);
    return pending;
  }

  /** Steps the wall clock by `ms` without moving monotonic time, as a time daemon does. */
  step(ms: number): void {
    this.#offset += ms;
  }

  /** Moves on by `ms` as a process that stands still sees it: what falls due meanwhile is called at the next move. */
  standStill(ms: number): void {
    this.#monotonic += ms;
  }

  /** When the next timer is due (monotonic ms), or undefined. */
  nextDue(): number | undefined {
    return this.#next()?.at;
  }

  /** Moves on by `ms`, calling what falls due on the way in order. */
  advance(ms: number): void {
    this.advanceTo(this.#monotonic + ms);
  }

  /** Moves on to the monotonic time `to`, calling what falls due on the way in order. */
  advanceTo(to: number): void {
    for (let next = this.#next(); next && next.at <= to; next = this.#next()) {
      this.#monotonic = Math.max(this.#monotonic, next.at);
      next.cancel();
      next.fn();
    }
    this.#monotonic = Math.max(this.#monotonic, to);
  }

  #next(): Pending | undefined {
    let best: Pending | undefined;
    for (const one of this.#pending) {
      if (!best || one.at < best.at || (one.at === best.at && one.order < best.order)) best = one;
    }
    return best;
  }
}
