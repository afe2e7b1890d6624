import type { Clock } from "./clock.ts";

/** Stops something that was started: resources, loops, listeners. */
export type Stop = () => void | Promise<void>;

/** Stops in the reverse order of starting: consumers start first and stop last. A stop that fails does not keep the others from running. */
export class Lifecycle {
  readonly #stops: Stop[] = [];

  /** Registers how to stop what was just started. */
  onStop(stop: Stop): void {
    this.#stops.push(stop);
  }

  /** Runs every stop, the newest first; the first failure is thrown after all have run. */
  async stop(): Promise<void> {
    const failures: unknown[] = [];
    for (let stop = this.#stops.pop(); stop; stop = this.#stops.pop()) {
      try {
        await stop();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Starts something of several parts; when one of them cannot be started, those before it are stopped again. */
export async function startWith<T>(start: (lifecycle: Lifecycle) => Promise<T>): Promise<T> {
  const lifecycle = new Lifecycle();
  try {
    return await start(lifecycle);
  } catch (failure) {
    // Why it did not start is what a person must know, whatever the stops meet.
    await lifecycle.stop().catch(() => {});
    throw failure;
  }
}

/** Resolves with true when `work` ended within `ms`, with false when the deadline passed first. */
export async function withDeadline(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  let timedOut = () => {};
  const deadline = new Promise<boolean>((resolve) => {
    timedOut = () => resolve(false);
  });
  const timer = clock.after("deadline", ms, () => timedOut());
  try {
    return await Promise.race([work.then(() => true), deadline]);
  } finally {
    timer.cancel();
  }
}
