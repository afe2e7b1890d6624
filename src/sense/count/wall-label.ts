import type { Clock } from "../../base/clock.ts";

/** Smaller differences are the rounding of the wall clock to milliseconds and a late reader. */
const STEP_MS = 20;

/** Wall time as a label on monotonic time: moves only when a step of the wall clock is noticed. */
export class WallLabel {
  readonly #clock: Clock;
  #offsetMs: number;
  #atLeastMs = Number.NEGATIVE_INFINITY;

  /**
   * @param before what was known in this boot: where the label stood, so that a step since then is still noticed, and how
   *   late it is at least. Offsets are wall minus monotonic time, ms
   */
  constructor(clock: Clock, before?: { readonly offsetMs: number; readonly atLeastMs: number | null }) {
    this.#clock = clock;
    this.#offsetMs = before?.offsetMs ?? clock.realtime() - clock.monotonic();
    this.#atLeastMs = before?.atLeastMs ?? Number.NEGATIVE_INFINITY;
  }

  /** The least offset that is believed (ms), or null. */
  get atLeastMs(): number | null {
    return Number.isFinite(this.#atLeastMs) ? this.#atLeastMs : null;
  }

  /** Wall minus monotonic time, ms. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** The wall time (ms since the Unix epoch) of a monotonic time. */
  at(monotonicMs: number): number {
    return monotonicMs + this.#offsetMs;
  }

  /** The monotonic time at which the wall clock will show `wallMs`, if it does not step. */
  monotonicOf(wallMs: number): number {
    return wallMs - this.#offsetMs;
  }

  /** How far the label is behind the wall clock; 0 when it follows. The caller then moves the label with `follow`. */
  stepMs(): number {
    const difference = this.#target() - this.#offsetMs;
    return Math.abs(difference) >= STEP_MS ? difference : 0;
  }

  /** Takes the wall clock as it is now. */
  follow(): void {
    this.#offsetMs = this.#target();
  }

  /** It is known to be later by at least so much than a clock that was never set says. */
  isLaterBy(ms: number): void {
    this.#atLeastMs = this.#offsetMs + ms;
  }

  /** The wall clock is set: only it counts now. */
  believe(): void {
    this.#atLeastMs = Number.NEGATIVE_INFINITY;
  }

  #target(): number {
    return Math.max(this.#clock.realtime() - this.#clock.monotonic(), this.#atLeastMs);
  }
}
