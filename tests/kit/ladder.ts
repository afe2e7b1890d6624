import type { Clock } from "../../src/base/clock.ts";
import type { GpioOutput } from "../../src/sense/line/gpio-request.ts";

/** Light from now on, or dark. */
export interface Seen {
  readonly atMs: number;
  readonly level: 0 | 1;
}

/** Somebody on a ladder who watches a light, and has no other means. */
export class Watcher {
  readonly seen: Seen[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The light as they see it; closing it does not make it dark. */
  readonly output: GpioOutput = {
    set: (level) => void this.seen.push({ atMs: this.#clock.monotonic(), level }),
    close() {},
  };

  /** Each time that it was lit: for how long, and how long it was dark before. The one that is lit still is left out. */
  get flashes(): { readonly litMs: number; readonly darkMs: number }[] {
    return this.seen.flatMap(({ atMs, level }, at) => {
      const [before, after] = [this.seen[at - 1], this.seen[at + 1]];
      if (level === 0 || !after) return [];
      return [{ litMs: after.atMs - atMs, darkMs: atMs - (before?.atMs ?? Number.NEGATIVE_INFINITY) }];
    });
  }

  /** What was read of it, turn by turn: a number of short blinks, or `beat` for a long one. The first may be half seen. */
  get read(): (number | "beat")[] {
    const turns: (number | "beat")[] = [];
    for (const { litMs, darkMs } of this.flashes) {
      const last = turns.at(-1);
      if (litMs > 1_000) turns.push("beat");
      else if (darkMs < 1_000 && typeof last === "number") turns[turns.length - 1] = last + 1;
      else turns.push(1);
    }
    return turns;
  }
}
