import type { WindowRange } from "../model.ts";
import { movedBoundary } from "./count/grid.ts";

/** A gateway that lay in store for longer has to see its clock set. */
const MOST_AHEAD_MS = 366 * 86_400_000;

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
  readonly #mayEndEarly: boolean;
  /** What forward keeps, once it has said so in this run. */
  #lastEnds: readonly LastEnd[] | undefined;

  /** @param mayEndEarly windows may have been closed before their ends, because the power failed */
  constructor({ starts, declared }: StartGapSnapshot, mayEndEarly = false) {
    this.#starts = starts;
    this.#declared = declared;
    this.#mayEndEarly = mayEndEarly;
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

  /** The first window of a length is another one: that before it is kept already. */
  startsAt(length: number, startMs: number): void {
    this.#starts = this.#starts.map(([seconds, before]) => [seconds, seconds === length ? startMs : before]);
  }

  /** Forward says what it keeps. */
  heard(lastEnds: readonly LastEnd[]): void {
    this.#lastEnds = lastEnds;
  }

  /**
   * The first windows cannot begin before the last ones of their length ended (or began, if they may have ended early), nor
   * end before any did: so many ms the clock is behind at least, or 0.
   */
  behindMs(): number {
    const passed = ({ seconds, endMs }: LastEnd) => (this.#mayEndEarly ? endMs - seconds * 1000 : endMs);
    const ends = new Map((this.#lastEnds ?? []).map((one) => [one.seconds, passed(one)]));
    const latestMs = Math.max(...ends.values());
    const least = (seconds: number) => ends.get(seconds) ?? latestMs - seconds * 1000;
    return Math.max(0, ...this.#starts.map(([seconds, startMs]) => least(seconds) - startMs));
  }

  /** Whether a label of a clock that was never set can be delivered: forward is there, and it is not years ahead. */
  isPlausible(endMs: number): boolean {
    if (!this.#lastEnds) return false;
    const latestMs = Math.max(...this.#lastEnds.map((one) => one.endMs));
    return !Number.isFinite(latestMs) || endMs <= latestMs + MOST_AHEAD_MS;
  }

  /** What is missing; from now on it counts as declared. */
  declare(): WindowRange[] {
    this.#declared = true;
    const ends = endsOf(this.#lastEnds ?? []);
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
