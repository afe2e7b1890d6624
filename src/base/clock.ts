import { readFileSync } from "node:fs";

/** A pending callback with a name, so that `status` can say what a process waits for. */
export interface Timer {
  readonly name: string;
  cancel(): void;
}

/** The only way to read time or to wait. Decisions take times as numbers; shells take a Clock. */
export interface Clock {
  /** Milliseconds (fractional) of CLOCK_MONOTONIC: since boot, never stepped, comparable across processes of one boot. */
  monotonic(): number;
  /** Milliseconds since the Unix epoch, UTC. A label only: it can step. */
  realtime(): number;
  /** Calls `fn` once, `ms` from now on the monotonic clock. */
  after(name: string, ms: number, fn: () => void): Timer;
}

/** The clocks of the machine. */
export class SystemClock implements Clock {
  monotonic(): number {
    return Number(process.hrtime.bigint()) / 1e6;
  }

  realtime(): number {
    return Date.now();
  }

  after(name: string, ms: number, fn: () => void): Timer {
    // setTimeout fires at once beyond 2^31-1 ms, so a longer wait is cut into pieces.
    const piece = Math.min(Math.max(0, ms), 2 ** 30);
    const handle = setTimeout(() => {
      const rest = ms - piece;
      if (rest > 0) inner = this.after(name, rest, fn);
      else fn();
    }, piece);
    let inner: Timer | undefined;
    return { name, cancel: () => (inner ? inner.cancel() : clearTimeout(handle)) };
  }
}

/** Identifies this boot of the machine (`/proc/sys/kernel/random/boot_id`): monotonic times of another boot mean nothing. */
export function readBootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** Resolves after `ms`; at once when `signal` is aborted. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal, name = "sleep"): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(name, ms, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}
