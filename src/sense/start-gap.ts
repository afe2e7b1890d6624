import type { WindowRange } from "../model.ts";
import { movedBoundary } from "./count/grid.ts";

/** The end of the last window of a length that forward keeps. */
interface LastEnd {
  readonly seconds: number;
  readonly endMs: number;
}

/** Where this run of sense began, as plain data for the crash copy. */
export interface StartGapSnapshot {
  /** Start of the first window of each length: [seconds, ms since the Unix epoch]. */
  readonly starts: readonly (readonly [number, number])[];
  readonly declared: boolean;
}

/** The windows before the first one, in which nobody counted: declared once, when forward has said where they begin. */
export class StartGap {
  #starts: StartGapSnapshot["starts"];
  #declared: boolean;

  constructor({ starts, declared }: StartGapSnapshot) {
    this.#starts = starts;
    this.#declared = declared;
  }

  get declared(): boolean {
    return this.#declared;
  }

  /** The clock that labelled the first windows was wrong by `stepMs`. */
  relabel(stepMs: number): void {
    this.#starts = this.#starts.map(([seconds, startMs]) => [
      seconds,
      movedBoundary(startMs, stepMs, seconds),
    ]);
  }

  /** The first windows cannot begin before the last ones ended: so many ms the clock is behind at least, or 0. */
  behindMs(lastEnds: readonly LastEnd[]): number {
    const ends = endsOf(lastEnds);
    return Math.max(0, ...this.#starts.map(([seconds, startMs]) => (ends.get(seconds) ?? startMs) - startMs));
  }

  /** What is missing; from now on it counts as declared. */
  declare(lastEnds: readonly LastEnd[]): WindowRange[] {
    this.#declared = true;
    const ends = endsOf(lastEnds);
    return this.#starts.flatMap(([seconds, toMs]) => {
      const fromMs = ends.get(seconds);
      return fromMs !== undefined && fromMs < toMs ? [{ seconds, fromMs, toMs }] : [];
    });
  }

  snapshot(): StartGapSnapshot {
    return { starts: this.#starts, declared: this.#declared };
  }
}

function endsOf(lastEnds: readonly LastEnd[]): ReadonlyMap<number, number> {
  return new Map(lastEnds.map(({ seconds, endMs }) => [seconds, endMs]));
}
