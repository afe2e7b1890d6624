import type { Clock } from "../base/clock.ts";

/** So many looks missed are no chance. */
const LOOKS = 3;

/**
 * The regular looks of a process, and whether it missed some because it did nothing for a while: a card that answers late, a
 * busy machine. It goes by the time of now and by looks alone: passages make turns too, but what is published of a
 * standstill, or of a clock that stepped, must not tell when one was (P9).
 */
export class Standstill {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #lookMs: number;
  #lookedMs: number;
  #toldMs = Number.NEGATIVE_INFINITY;

  /** @param lookMs the pace of looks */
  constructor(clock: Pick<Clock, "monotonic">, lookMs: number) {
    this.#clock = clock;
    this.#lookMs = lookMs;
    this.#lookedMs = clock.monotonic();
  }

  /** The last look (monotonic ms). */
  get lookedMs(): number {
    return this.#lookedMs;
  }

  /** When the next one is due. */
  get dueMs(): number {
    return this.#lookedMs + this.#lookMs;
  }

  looked(): void {
    this.#lookedMs = this.#clock.monotonic();
  }

  /** Called whenever something is done. @returns from when to when nothing was (monotonic ms), once, or null */
  over(): { readonly fromMs: number; readonly toMs: number } | null {
    const [fromMs, toMs] = [Math.max(this.#lookedMs, this.#toldMs), this.#clock.monotonic()];
    if (toMs - fromMs <= LOOKS * this.#lookMs) return null;
    this.#toldMs = toMs;
    return { fromMs, toMs };
  }
}
