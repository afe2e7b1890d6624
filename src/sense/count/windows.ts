import { assert } from "../../base/assert.ts";
import type { Flag, Output, Window } from "../../model.ts";
import { loseGauge, sampleGauge } from "./gauge.ts";
import { type Advanced, OpenWindows } from "./open-windows.ts";
import { closedValue, coveredOf, emptyTally, noteCatchUp, type Tally, type WindowSnapshot } from "./tally.ts";

export type { Advanced };

/** Windows of one length that one turn may close; beyond it the process slept or the clock stepped, and no records are made up. */
const MOST_IN_A_ROW = 3;

/**
 * Tumbling UTC windows: aligned to the Unix epoch, one open window a length, measured by monotonic time.
 * Wall times only say which window is open; `coveredMs` adds up monotonic time.
 */
export class WindowBook {
  readonly #outputs: readonly Output[];
  readonly #tallies = new Map<string, Tally>();
  readonly #open: OpenWindows;
  /** Monotonic ms since when an output is being watched. */
  readonly #watched = new Map<string, number>();
  /** Told what is counted, for a walk test. */
  onFlow: (id: string, passagesIn: number, passagesOut: number) => void = () => {};

  /**
   * @param wallMs now: the first windows are those that contain it
   * @param notBeforeMs no window may start earlier (the windows before it are closed); counting waits for that start
   */
  constructor(outputs: readonly Output[], wallMs: number, notBeforeMs = 0) {
    this.#outputs = outputs;
    for (const { id } of outputs) this.#tallies.set(id, emptyTally());
    this.#open = new OpenWindows(new Set(outputs.map(({ seconds }) => seconds)), wallMs, notBeforeMs);
  }

  /** Goes on with the windows that were open when the snapshot was taken. */
  static resume(outputs: readonly Output[], snapshot: WindowSnapshot): WindowBook {
    const book = new WindowBook(outputs, 0);
    book.#open.restore(snapshot);
    // Who was in view is not known any more: the process did not look.
    for (const [id, tally] of snapshot.tallies)
      book.#tallies.set(id, { ...tally, gauge: loseGauge(tally.gauge, tally.gauge?.sinceMs ?? 0) });
    return book;
  }

  /** The earliest end of an open window, or start of one that has not begun; ms since the Unix epoch. */
  get nextEndMs(): number {
    return this.#open.nextEndMs;
  }

  /** Start of the open window of a length. */
  startMs(seconds: number): number {
    return this.#open.startMs(seconds);
  }

  lengths(): number[] {
    return this.#open.lengths();
  }

  /** True while the window of this output has not begun: nothing is counted into it. */
  waits(id: string): boolean {
    return this.#open.waits(this.#output(id).seconds);
  }

  addFlow(id: string, passagesIn: number, passagesOut: number): void {
    this.onFlow(id, passagesIn, passagesOut);
    if (this.waits(id)) return;
    const tally = this.#tally(id);
    tally.in += passagesIn;
    tally.out += passagesOut;
  }

  samplePresent(id: string, present: number, atMs: number): void {
    if (this.waits(id)) return;
    const tally = this.#tally(id);
    tally.gauge = sampleGauge(tally.gauge, present, atMs);
  }

  flag(id: string, flag: Flag): void {
    if (this.waits(id)) return;
    const { flags } = this.#tally(id);
    if (!flags.includes(flag)) flags.push(flag);
  }

  /** Marks that this window holds a step whose beginning lies before the window. */
  catchUp(id: string, sinceMs: number | null): void {
    if (this.waits(id)) return;
    this.flag(id, "catch_up");
    noteCatchUp(this.#tally(id), sinceMs);
  }

  /**
   * True when a step between two readings (wall ms, null when unknown) is longer than the output's window, or began before
   * it, in a time that no window counted.
   */
  spansMoreThanWindow(id: string, sinceMs: number | null, untilMs: number | null): boolean {
    if (sinceMs === null || untilMs === null) return true;
    const { seconds } = this.#output(id);
    return untilMs - sinceMs > seconds * 1000 || this.#open.beganUncounted(seconds, sinceMs);
  }

  /** Silence is noticed late: the output has not really been watched since `sinceMs`. */
  unwatchSince(id: string, sinceMs: number, atMs: number): void {
    if (!this.#watched.has(id)) return;
    this.watch(id, false, atMs);
    if (this.waits(id)) return;
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
      if (!this.waits(id)) tally.stretchedMs = Math.max(0, tally.stretchedMs - stepMs);
  }

  /** The clock that labelled the open windows was wrong by `stepMs`: what was counted stays, under later or earlier labels. */
  relabel(stepMs: number): void {
    this.#open.relabel(stepMs);
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
    const may = (seconds: number) => (rounds.get(seconds) ?? 0) < most;
    for (let due = this.#open.due(wallMs, may); due; due = this.#open.due(wallMs, may)) {
      const { endMs, lengths } = due;
      closed.push({ endMs, windows: this.#close(endMs, lengths, atMs - (wallMs - endMs)) });
      for (const seconds of lengths) {
        rounds.set(seconds, (rounds.get(seconds) ?? 0) + 1);
        this.#open.close(seconds);
      }
    }
    return { closed, skipped: this.#open.skipTo(wallMs) };
  }

  /**
   * Closes what is open now, short, under its own label: nothing more is counted before the next windows begin. What
   * remains of each is skipped.
   * @param atMs the monotonic time of the wall time `wallMs`
   */
  closeShort(wallMs: number, atMs: number): Advanced {
    const open = this.lengths().filter((seconds) => !this.#open.waits(seconds));
    const byEnd = Map.groupBy(open, (seconds) => this.#open.endMs(seconds));
    const ends = [...byEnd].sort(([one], [other]) => one - other);
    const closed = ends.map(([endMs, lengths]) => {
      return { endMs, windows: this.#close(endMs, new Set(lengths), atMs) };
    });
    for (const seconds of open) this.#open.cutShort(seconds);
    const fromMs = Math.floor(wallMs);
    const rests = open.map((seconds) => ({ seconds, fromMs, toMs: this.startMs(seconds) }));
    return { closed, skipped: rests.filter(({ toMs }) => toMs > fromMs) };
  }

  /**
   * Forgets the open window of a length when it ends at `endMs`: it has its one value already. Counting waits for the next.
   * @returns whether it was so
   */
  skipKept(seconds: number, endMs: number): boolean {
    if (!this.lengths().includes(seconds) || this.#open.endMs(seconds) !== endMs) return false;
    for (const { id } of this.#outputs.filter((output) => output.seconds === seconds))
      this.#tallies.set(id, emptyTally());
    this.#open.cutShort(seconds);
    return true;
  }

  /** Plain data to resume from. */
  snapshot(atMs: number): WindowSnapshot {
    this.settle(atMs);
    return { ...this.#open.snapshot(), tallies: [...this.#tallies] };
  }

  /** Starts the first windows that have begun by now; what was watched before does not count. */
  #begin(wallMs: number, atMs: number): void {
    for (const { seconds, lateMs } of this.#open.begin(wallMs)) {
      for (const { id } of this.#outputs.filter((output) => output.seconds === seconds)) {
        const since = this.#watched.get(id);
        // When the wall clock was stepped into the window, less of it was watched than it is late.
        if (since !== undefined) this.#watched.set(id, Math.max(since, atMs - lateMs));
      }
    }
  }

  #output(id: string): Output {
    const output = this.#outputs.find((one) => one.id === id);
    assert(output, "unknown output");
    return output;
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
    if (!this.waits(id)) this.#tally(id).coveredMs += atMs - since;
    this.#watched.set(id, atMs);
  }

  #tally(id: string): Tally {
    const tally = this.#tallies.get(id);
    assert(tally, "unknown output");
    return tally;
  }
}
