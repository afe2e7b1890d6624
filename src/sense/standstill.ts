import type { Clock } from "../base/clock.ts";

/** So many looks missed are no chance. */
const LOOKS = 3;

/**
 * Finds out that the process itself did nothing for a while: a card that answers late, a busy machine. It goes by the time
 * of now: an edge that a line remembers has one of before, and would hide that the others heard nothing.
 */
export class Standstill {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #lookMs: number;
  #awakeMs: number;

  /** @param lookMs how often something is done at least */
  constructor(clock: Pick<Clock, "monotonic">, lookMs: number) {
    this.#clock = clock;
    this.#lookMs = lookMs;
    this.#awakeMs = clock.monotonic();
  }

  /** Called whenever something is done. @returns from when to when nothing was (monotonic ms), or null */
  over(): { readonly fromMs: number; readonly toMs: number } | null {
    const [fromMs, toMs] = [this.#awakeMs, this.#clock.monotonic()];
    this.#awakeMs = toMs;
    return toMs - fromMs > LOOKS * this.#lookMs ? { fromMs, toMs } : null;
  }
}
