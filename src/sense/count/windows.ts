import { assert } from "../../base/assert.ts";
import type { Flag, Output, Window, WindowRange } from "../../model.ts";
import { loseGauge, sampleGauge } from "./gauge.ts";
import { endAfter, movedBoundary } from "./grid.ts";
import { closedValue, coveredOf, emptyTally, noteCatchUp, type Tally, type WindowSnapshot } from "./tally.ts";

/** Windows of one closing instant, and stretches for which no record is made. */
export interface Advanced {
  readonly closed: readonly { readonly endMs: number; readonly windows: readonly Window[] }[];
  readonly skipped: readonly WindowRange[];
}

/** Windows of one length that one turn may close; beyond it the process slept or the clock stepped, and no records are made up. */
const MOST_IN_A_ROW = 3;

/**
 * Tumbling UTC windows: aligned to the Unix epoch, one open window a length, measured by monotonic time.
 * Wall times only say which window is open; `coveredMs` adds up monotonic time.
 */
export class WindowBook {
  readonly #outputs: readonly Output[];
  readonly #tallies = new Map<string, Tally>();
  readonly #ends = new Map<number, number>();
  /** Monotonic ms since when an output is being watched. */
  readonly #watched = new Map<string, number>();
  /** Lengths whose first window has not begun: nothing is counted into them. */
  readonly #pending = new Set<number>();

  /**
   * @param wallMs now: the first windows are those that contain it
   * @param notBeforeMs no window may start earlier (the windows before it are closed); counting waits for that start
   */
  constructor(outputs: readonly Output[], wallMs: number, notBeforeMs = 0) {
    this.#outputs = outputs;
    for (const { id, seconds } of outputs) {
      this.#tallies.set(id, emptyTally());
      const first = endAfter(Math.max(wallMs, notBeforeMs + seconds * 1000 - 1), seconds);
      this.#ends.set(seconds, first);
      if (first - seconds * 1000 > wallMs) this.#pending.add(seconds);
    }
  }

  /** Goes on with the windows that were open when the snapshot was taken. */
  static resume(outputs: readonly Output[], snapshot: WindowSnapshot): WindowBook {
    const book = new WindowBook(outputs, 0);
    for (const [seconds, endMs] of snapshot.ends) book.#ends.set(seconds, endMs);
    // Who was in view is not known any more: the process did not look.
    for (const [id, tally] of snapshot.tallies)
      book.#tallies.set(id, { ...tally, gauge: loseGauge(tally.gauge, tally.gauge?.sinceMs ?? 0) });
    for (const seconds of snapshot.pending) book.#pending.add(seconds);
    return book;
  }

  /** The earliest end of an open window, or start of one that has not begun; ms since the Unix epoch. */
  get nextEndMs(): number {
    const starts = [...this.#pending].map((seconds) => this.startMs(seconds));
    return Math.min(...this.#ends.values(), ...starts);
  }

  /** Start of the open window of a length. */
  startMs(seconds: number): number {
    return (this.#ends.get(seconds) ?? Number.NaN) - seconds * 1000;
  }

  lengths(): number[] {
    return [...this.#ends.keys()].sort((a, b) => a - b);
  }

  addFlow(id: string, passagesIn: number, passagesOut: number): void {
    if (this.#waits(id)) return;
    const tally = this.#tally(id);
    tally.in += passagesIn;
    tally.out += passagesOut;
  }

  samplePresent(id: string, present: number, atMs: number): void {
    if (this.#waits(id)) return;
    const tally = this.#tally(id);
    tally.gauge = sampleGauge(tally.gauge, present, atMs);
  }

  flag(id: string, flag: Flag): void {
    if (this.#waits(id)) return;
    const { flags } = this.#tally(id);
    if (!flags.includes(flag)) flags.push(flag);
  }

  /** Marks that this window holds a step whose beginning lies before the window. */
  catchUp(id: string, sinceMs: number | null): void {
    if (this.#waits(id)) return;
    this.flag(id, "catch_up");
    noteCatchUp(this.#tally(id), sinceMs);
  }

  /** True when a step between two readings (wall ms, null when unknown) is longer than the output's window. */
  spansMoreThanWindow(id: string, sinceMs: number | null, untilMs: number | null): boolean {
    return sinceMs === null || untilMs === null || untilMs - sinceMs > this.#output(id).seconds * 1000;
  }

  /** Silence is noticed late: the output has not really been watched since `sinceMs`. */
  unwatchSince(id: string, sinceMs: number, atMs: number): void {
    if (!this.#watched.has(id)) return;
    this.watch(id, false, atMs);
    if (this.#waits(id)) return;
    const tally = this.#tally(id);
    tally.coveredMs = Math.max(0, tally.coveredMs - (atMs - sinceMs));
  }

  /** Says from when on (monotonic ms) an output is watched or not. */
  watch(id: string, watching: boolean, atMs: number): void {
    this.#settle(id, atMs);
    if (watching && !this.#watched.has(id)) this.#watched.set(id, atMs);
    if (watching) return;
    this.#watched.delete(id);
    const tally = this.#tally(id);
    tally.gauge = loseGauge(tally.gauge, atMs);
  }

  /** Nobody was watching between two monotonic times: the process itself stood still. */
  blind(fromMs: number, toMs: number): void {
    for (const id of [...this.#watched.keys()]) {
      this.watch(id, false, fromMs);
      this.watch(id, true, toMs);
    }
  }

  /** Adds up what was watched until now: before the wall clock steps, so that the step moves labels and not measurements. */
  settle(atMs: number): void {
    for (const id of this.#watched.keys()) this.#settle(id, atMs);
  }

  /** The wall clock stepped by so much under the open windows: their ends stay, so a step back makes them last longer. */
  stretch(stepMs: number): void {
    for (const [id, tally] of this.#tallies)
      if (!this.#waits(id)) tally.stretchedMs = Math.max(0, tally.stretchedMs - stepMs);
  }

  /** The clock that labelled the open windows was wrong by `stepMs`: what was counted stays, under later or earlier labels. */
  relabel(stepMs: number): void {
    for (const [seconds, endMs] of this.#ends) this.#ends.set(seconds, movedBoundary(endMs, stepMs, seconds));
    for (const [id, tally] of this.#tallies) {
      this.flag(id, "clock_unsynced");
      if (tally.sinceMs !== undefined) tally.sinceMs = null;
    }
  }

  /**
   * Closes every window that ended by `wallMs`.
   * @param atMs the monotonic time of that wall time
   * @param most windows of one length that may close now; those behind them are skipped
   */
  advance(wallMs: number, atMs: number, most = MOST_IN_A_ROW): Advanced {
    this.#begin(wallMs, atMs);
    const closed: { endMs: number; windows: Window[] }[] = [];
    const rounds = new Map<number, number>();
    const mayClose = () =>
      [...this.#ends].filter(([seconds, end]) => end <= wallMs && (rounds.get(seconds) ?? 0) < most);
    for (let open = mayClose(); open.length > 0; open = mayClose()) {
      const endMs = Math.min(...open.map(([, end]) => end));
      const due = open.filter(([, end]) => end === endMs);
      const lengths = new Set(due.map(([seconds]) => seconds));
      closed.push({ endMs, windows: this.#close(endMs, lengths, atMs - (wallMs - endMs)) });
      for (const seconds of lengths) {
        rounds.set(seconds, (rounds.get(seconds) ?? 0) + 1);
        this.#ends.set(seconds, endMs + seconds * 1000);
      }
    }
    return { closed, skipped: this.#skipTo(wallMs) };
  }

  /** Closes what is open now, short, under its own label: nothing more is counted into it. */
  closeShort(atMs: number): Advanced {
    const ends = [...new Set(this.#ends.values())].sort((a, b) => a - b);
    const closed = ends.map((endMs) => {
      const lengths = [...this.#ends].filter(([, end]) => end === endMs).map(([seconds]) => seconds);
      return { endMs, windows: this.#close(endMs, new Set(lengths), atMs) };
    });
    for (const [seconds, endMs] of this.#ends) this.#ends.set(seconds, endMs + seconds * 1000);
    return { closed, skipped: [] };
  }

  /** Plain data to resume from. */
  snapshot(atMs: number): WindowSnapshot {
    this.settle(atMs);
    return { ends: [...this.#ends], tallies: [...this.#tallies], pending: [...this.#pending] };
  }

  /** Starts the first windows that have begun by now; what was watched before does not count. */
  #begin(wallMs: number, atMs: number): void {
    for (const seconds of this.#pending) {
      const lateMs = wallMs - this.startMs(seconds);
      if (lateMs < 0) continue;
      this.#pending.delete(seconds);
      for (const { id } of this.#outputs.filter((output) => output.seconds === seconds)) {
        const since = this.#watched.get(id);
        // When the wall clock was stepped into the window, less of it was watched than it is late.
        if (since !== undefined) this.#watched.set(id, Math.max(since, atMs - lateMs));
      }
    }
  }

  #waits(id: string): boolean {
    return this.#pending.size > 0 && this.#pending.has(this.#output(id).seconds);
  }

  #output(id: string): Output {
    const output = this.#outputs.find((one) => one.id === id);
    assert(output, "unknown output");
    return output;
  }

  #skipTo(wallMs: number): WindowRange[] {
    const skipped: WindowRange[] = [];
    for (const [seconds, endMs] of this.#ends) {
      if (endMs > wallMs) continue;
      const next = endAfter(wallMs, seconds);
      this.#ends.set(seconds, next);
      skipped.push({ seconds, fromMs: endMs - seconds * 1000, toMs: next - seconds * 1000 });
    }
    return skipped;
  }

  #close(endMs: number, lengths: ReadonlySet<number>, boundaryMs: number): Window[] {
    return this.#outputs
      .filter((output) => lengths.has(output.seconds))
      .map((output) => {
        this.#settle(output.id, boundaryMs);
        const tally = this.#tally(output.id);
        const { value, gauge } = closedValue(output, tally, boundaryMs);
        this.#tallies.set(output.id, { ...emptyTally(), gauge });
        const { flags, sinceMs } = tally;
        const coveredMs = coveredOf(tally);
        return { output, endMs, coveredMs, value, flags, ...(sinceMs === undefined ? {} : { sinceMs }) };
      });
  }

  #settle(id: string, atMs: number): void {
    const since = this.#watched.get(id);
    if (since === undefined || atMs <= since) return;
    // What was watched before the first window belongs to none.
    if (!this.#waits(id)) this.#tally(id).coveredMs += atMs - since;
    this.#watched.set(id, atMs);
  }

  #tally(id: string): Tally {
    const tally = this.#tallies.get(id);
    assert(tally, "unknown output");
    return tally;
  }
}
