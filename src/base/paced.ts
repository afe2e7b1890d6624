import type { Clock, Timer } from "./clock.ts";

/** Passes the first value on at once and later ones at most once in `ms`, the newest only. */
export class Paced<T> {
  readonly #clock: Clock;
  readonly #pace: { readonly name: string; readonly ms: number };
  readonly #pass: (value: T) => void;
  #timer: Timer | undefined;
  #waiting: { readonly value: T } | undefined;

  constructor(clock: Clock, pace: { readonly name: string; readonly ms: number }, pass: (value: T) => void) {
    this.#clock = clock;
    this.#pace = pace;
    this.#pass = pass;
  }

  push(value: T): void {
    this.#waiting = { value };
    if (!this.#timer) this.#next();
  }

  /** Forgets what waits. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waiting = undefined;
  }

  #next(): void {
    this.#timer = undefined;
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#waiting = undefined;
    this.#timer = this.#clock.after(this.#pace.name, this.#pace.ms, () => this.#next());
    this.#pass(waiting.value);
  }
}
