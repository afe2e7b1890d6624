import type { Flag, Output, Window } from "../../model.ts";
import { type Counted, CountedOutputs, type OutputName } from "./counted-outputs.ts";
import { sampleGauge } from "./gauge.ts";
import { type Advanced, OpenWindows } from "./open-windows.ts";
import {
  closeTally,
  countsOf,
  coveredOf,
  emptyTally,
  loseView,
  noteCatchUp,
  type Tally,
  type WindowSnapshot,
} from "./tally.ts";

export type { Advanced };

/** Windows of one length that may close at one moment; beyond it the clock stepped, and no records are made up. */
const MOST_IN_A_ROW = 3;

/**
 * Tumbling UTC windows: aligned to the Unix epoch, one open window a length, measured by monotonic time.
 * Wall times only say which window is open; `coveredMs` adds up monotonic time.
 */
export class WindowBook {
  readonly #counted: CountedOutputs;
  readonly #open: OpenWindows;
  /** Told what is counted, for a walk test. */
  onFlow: (id: string, passagesIn: number, passagesOut: number) => void = () => {};

  /**
   * @param wallMs now: the first windows are those that contain it
   * @param notBeforeMs no window may start earlier (the windows before it are closed); counting waits for that start
   */
  constructor(outputs: readonly Output[], wallMs: number, notBeforeMs = 0) {
    this.#counted = new CountedOutputs(outputs);
    this.#open = new OpenWindows(new Set(outputs.map(({ seconds }) => seconds)), wallMs, notBeforeMs);
  }

  /** Goes on with the windows that were open when the snapshot was taken. */
  static resume(outputs: readonly Output[], snapshot: WindowSnapshot): WindowBook {
    const book = new WindowBook(outputs, 0);
    book.#open.restore(snapshot);
    // Who was in view is not known any more: the process did not look.
    book.#counted.restore(snapshot.tallies);
    for (const { tally } of book.#counted.all()) loseView(tally);
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
  waits(name: OutputName): boolean {
    return this.#open.waits(this.#counted.of(name).output.seconds);
  }

  /** @param name the class of who passed, where the output has classes */
  addFlow(id: string, passagesIn: number, passagesOut: number, name?: string): void {
    this.onFlow(id, passagesIn, passagesOut);
    const tally = this.#begun({ id, kind: "flow" });
    const counts = tally && countsOf(tally, name);
    if (!counts) return;
    counts.in += passagesIn;
    counts.out += passagesOut;
  }

  /** @param name the class that was counted; all are sampled together */
  samplePresent(id: string, present: number, atMs: number, name?: string): void {
    const tally = this.#begun({ id, kind: "occupancy" });
    const counts = tally && countsOf(tally, name);
    if (counts) counts.gauge = sampleGauge(counts.gauge, present, atMs);
  }

  flag(name: OutputName, flag: Flag): void {
    const tally = this.#begun(name);
    if (tally && !tally.flags.includes(flag)) tally.flags.push(flag);
  }

  /** Marks that this window holds a step whose beginning lies before the window. */
  catchUp(name: OutputName, sinceMs: number | null): void {
    const tally = this.#begun(name);
    if (!tally) return;
    this.flag(name, "catch_up");
    noteCatchUp(tally, sinceMs);
  }

  /**
   * True when a step between two readings (wall ms, null when unknown) is longer than the output's window, or began before
   * it, in a time that no window counted.
   */
  spansMoreThanWindow(name: OutputName, sinceMs: number | null, untilMs: number | null): boolean {
    if (sinceMs === null || untilMs === null) return true;
    const { seconds } = this.#counted.of(name).output;
    return untilMs - sinceMs > seconds * 1000 || this.#open.beganUncounted(seconds, sinceMs);
  }

  /** Silence is noticed late: the output has not really been watched since `sinceMs`. */
  unwatchSince(name: OutputName, sinceMs: number, atMs: number): void {
    if (this.#counted.of(name).watchedMs === undefined) return;
    this.watch(name, false, atMs);
    const tally = this.#begun(name);
    if (tally) tally.coveredMs = Math.max(0, tally.coveredMs - (atMs - sinceMs));
  }

  /** Says from when on (monotonic ms) an output is watched or not. */
  watch(name: OutputName, watching: boolean, atMs: number): void {
    const counted = this.#counted.of(name);
    if (watching) {
      counted.watchedMs ??= atMs;
      return;
    }
    this.#settle(counted, atMs);
    counted.watchedMs = undefined;
    loseView(counted.tally, atMs);
  }

  /** Nobody was watching between two monotonic times: the process itself stood still. */
  blind(name: OutputName, fromMs: number, toMs: number): void {
    if (this.#counted.of(name).watchedMs === undefined) return;
    this.watch(name, false, fromMs);
    this.watch(name, true, toMs);
  }

  /** Adds up what was watched until now: before the wall clock steps, so that the step moves labels and not measurements. */
  settle(atMs: number): void {
    for (const counted of this.#counted.all()) this.#settle(counted, atMs);
  }

  /** The wall clock stepped by so much under the open windows: their ends stay, so a step back makes them last longer. */
  stretch(stepMs: number): void {
    for (const { output, tally } of this.#counted.all())
      if (!this.waits(output)) tally.stretchedMs = Math.max(0, tally.stretchedMs - stepMs);
  }

  /** The clock that labelled the open windows was wrong by `stepMs`: what was counted stays, under later or earlier labels. */
  relabel(stepMs: number): void {
    this.#open.relabel(stepMs);
    for (const { output, tally } of this.#counted.all()) {
      this.flag(output, "clock_unsynced");
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
    for (const counted of this.#counted.ofLengths(new Set([seconds])))
      counted.tally = emptyTally(counted.output);
    this.#open.cutShort(seconds);
    return true;
  }

  /** Plain data to resume from. */
  snapshot(atMs: number): WindowSnapshot {
    this.settle(atMs);
    return { ...this.#open.snapshot(), tallies: this.#counted.snapshot() };
  }

  /** Starts the first windows that have begun by now; what was watched before does not count. */
  #begin(wallMs: number, atMs: number): void {
    for (const { seconds, lateMs } of this.#open.begin(wallMs)) {
      for (const counted of this.#counted.ofLengths(new Set([seconds]))) {
        const { watchedMs } = counted;
        // When the wall clock was stepped into the window, less of it was watched than it is late.
        if (watchedMs !== undefined) counted.watchedMs = Math.max(watchedMs, atMs - lateMs);
      }
    }
  }

  #close(endMs: number, lengths: ReadonlySet<number>, boundaryMs: number): Window[] {
    return this.#counted.ofLengths(lengths).map((counted) => {
      this.#settle(counted, boundaryMs);
      const { output, tally } = counted;
      const { value, next } = closeTally(output, tally, boundaryMs);
      counted.tally = next;
      const { flags, sinceMs } = tally;
      const coveredMs = coveredOf(tally);
      return { output, endMs, coveredMs, value, flags, ...(sinceMs === undefined ? {} : { sinceMs }) };
    });
  }

  #settle(counted: Counted, atMs: number): void {
    const { output, tally, watchedMs } = counted;
    if (watchedMs === undefined || atMs <= watchedMs) return;
    // What was watched before the first window belongs to none.
    if (!this.waits(output)) tally.coveredMs += atMs - watchedMs;
    counted.watchedMs = atMs;
  }

  /** The tally of an output whose window has begun. */
  #begun(name: OutputName): Tally | undefined {
    return this.waits(name) ? undefined : this.#counted.of(name).tally;
  }
}
