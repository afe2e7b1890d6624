import type { Clock } from "../../base/clock.ts";

/** Smaller differences are the rounding of the wall clock to milliseconds and a late reader. */
const STEP_MS = 20;

/** Wall time as a label on monotonic time: moves only when a step of the wall clock is noticed. */
export class WallLabel {
  readonly #clock: Clock;
  #offsetMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = clock.realtime() - clock.monotonic();
  }

  /** The wall time (ms since the Unix epoch) of a monotonic time. */
  at(monotonicMs: number): number {
    return monotonicMs + this.#offsetMs;
  }

  /** The monotonic time at which the wall clock will show `wallMs`, if it does not step. */
  monotonicOf(wallMs: number): number {
    return wallMs - this.#offsetMs;
  }

  /** How far the wall clock has stepped since the last look; 0 when it has not. The caller then moves the label with `follow`. */
  stepMs(): number {
    const difference = this.#clock.realtime() - this.#clock.monotonic() - this.#offsetMs;
    return Math.abs(difference) >= STEP_MS ? difference : 0;
  }

  /** Takes the wall clock as it is now. */
  follow(): void {
    this.#offsetMs = this.#clock.realtime() - this.#clock.monotonic();
  }
}
