import { assert } from "../../base/assert.ts";
import type { Window, WindowRange } from "../../model.ts";
import { endAfter, movedBoundary } from "./grid.ts";
import type { WindowSnapshot } from "./tally.ts";

/** A length whose window has just begun after a wait, and how late that was noticed. */
interface Begun {
  readonly seconds: number;
  readonly lateMs: number;
}

/** Windows of one closing instant, and stretches for which no record is made. */
export interface Advanced {
  readonly closed: readonly { readonly endMs: number; readonly windows: readonly Window[] }[];
  readonly skipped: readonly WindowRange[];
}

/** Which window of each length is open: tumbling, aligned to the Unix epoch. Lengths in seconds, wall times in ms. */
export class OpenWindows {
  readonly #ends = new Map<number, number>();
  /** Lengths whose window has not begun: nothing is counted into them. */
  readonly #waiting = new Set<number>();
  /** Lengths whose window is the first after such a wait: what lies before it was counted into no window. */
  readonly #afterWait = new Set<number>();

  /**
   * @param wallMs now: the first windows are those that contain it
   * @param notBeforeMs no window may start earlier; counting waits for that start
   */
  constructor(lengths: Iterable<number>, wallMs: number, notBeforeMs: number) {
    for (const seconds of lengths) {
      const first = endAfter(Math.max(wallMs, notBeforeMs + seconds * 1000 - 1), seconds);
      this.#ends.set(seconds, first);
      if (first - seconds * 1000 > wallMs) this.#waiting.add(seconds);
    }
  }

  restore({ ends, pending }: Pick<WindowSnapshot, "ends" | "pending">): void {
    for (const [seconds, endMs] of ends) this.#ends.set(seconds, endMs);
    this.#waiting.clear();
    for (const seconds of pending) this.#waiting.add(seconds);
  }

  snapshot(): Pick<WindowSnapshot, "ends" | "pending"> {
    return { ends: [...this.#ends], pending: [...this.#waiting] };
  }

  lengths(): number[] {
    return [...this.#ends.keys()].sort((a, b) => a - b);
  }

  endMs(seconds: number): number {
    const endMs = this.#ends.get(seconds);
    assert(endMs !== undefined, "unknown length");
    return endMs;
  }

  startMs(seconds: number): number {
    return this.endMs(seconds) - seconds * 1000;
  }

  /** The earliest end of an open window, or start of one that has not begun. */
  get nextEndMs(): number {
    const starts = [...this.#waiting].map((seconds) => this.startMs(seconds));
    return Math.min(...this.#ends.values(), ...starts);
  }

  waits(seconds: number): boolean {
    return this.#waiting.has(seconds);
  }

  /** True when the time before this one, in which something began that ends now, was counted into no window. */
  beganUncounted(seconds: number, sinceMs: number): boolean {
    return this.#afterWait.has(seconds) && sinceMs < this.startMs(seconds);
  }

  /** Lets the windows begin whose time has come. */
  begin(wallMs: number): Begun[] {
    const begun = [...this.#waiting]
      .map((seconds) => ({ seconds, lateMs: wallMs - this.startMs(seconds) }))
      .filter(({ lateMs }) => lateMs >= 0);
    for (const { seconds } of begun) {
      this.#waiting.delete(seconds);
      this.#afterWait.add(seconds);
    }
    return begun;
  }

  /** The window of this length is closed; the one behind it is open. */
  close(seconds: number): void {
    this.#ends.set(seconds, this.endMs(seconds) + seconds * 1000);
    this.#afterWait.delete(seconds);
  }

  /** The window of this length is over before its end: the one behind it begins at its own start. */
  cutShort(seconds: number): void {
    this.close(seconds);
    this.#waiting.add(seconds);
  }

  /** The earliest of the ends that `may` be closed by now, with their lengths; null when there is none. */
  due(wallMs: number, may: (seconds: number) => boolean): { endMs: number; lengths: Set<number> } | null {
    const open = [...this.#ends].filter(([seconds, end]) => end <= wallMs && may(seconds));
    if (open.length === 0) return null;
    const endMs = Math.min(...open.map(([, end]) => end));
    return { endMs, lengths: new Set(open.filter(([, end]) => end === endMs).map(([seconds]) => seconds)) };
  }

  /** Leaves out whatever ended by now. */
  skipTo(wallMs: number): WindowRange[] {
    const skipped: WindowRange[] = [];
    for (const [seconds, endMs] of this.#ends) {
      if (endMs > wallMs) continue;
      const next = endAfter(wallMs, seconds);
      this.#ends.set(seconds, next);
      skipped.push({ seconds, fromMs: endMs - seconds * 1000, toMs: next - seconds * 1000 });
    }
    return skipped;
  }

  /** The clock that labelled them was wrong by `stepMs`. */
  relabel(stepMs: number): void {
    for (const [seconds, endMs] of this.#ends) this.#ends.set(seconds, movedBoundary(endMs, stepMs, seconds));
  }
}
