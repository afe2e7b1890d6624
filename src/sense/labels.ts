import type { Log } from "../base/log.ts";
import type { GatewayEvent } from "../model.ts";
import type { WallLabel } from "./count/wall-label.ts";
import type { WindowBook } from "./count/windows.ts";
import type { Sealing } from "./sealing.ts";
import type { StartGap } from "./start-gap.ts";
import type { RunningTotals } from "./totals-keeper.ts";

/** Smaller differences of the wall clock are followed without an event, and move no label. */
const MOVE_MS = 1_000;

/** What labels were made by, as plain data for the crash copy. Offsets are wall minus monotonic time, ms. */
export interface LabelsSnapshot {
  /** Where the label of now stands. */
  readonly offsetMs: number;
  /** By what the windows were labelled. */
  readonly labelledMs: number;
  /** No clock that was never set is earlier; null when nothing is known. */
  readonly atLeastMs: number | null;
  /** The monotonic ms at which the first sense of this boot began: what was read before has labels of another clock. */
  readonly beganAtMs: number;
}

export interface LabelsOptions {
  readonly wall: WallLabel;
  readonly book: WindowBook;
  readonly sealing: Sealing;
  readonly totals: RunningTotals;
  readonly startGap: StartGap;
  readonly clockSynced: () => boolean;
  readonly log: Log;
  readonly declare: (event: GatewayEvent) => void;
  readonly labelledMs: number;
  readonly beganAtMs: number;
}

/**
 * Keeps the labels of windows true while the wall clock steps. Before the clock was ever set every step moves all labels
 * (docs/decisions/0010); afterwards it moves none: a window that is open ends when the clock shows its end.
 */
export class Labels {
  readonly #options: LabelsOptions;
  #labelledMs: number;

  constructor(options: LabelsOptions) {
    this.#options = options;
    this.#labelledMs = options.labelledMs;
  }

  /** Looks at the clock, as often as is regular. @param atMs until when all is told that happened */
  notice(atMs: number): void {
    this.#noticeSync(atMs);
    this.#follow(atMs);
  }

  /** The step that sets a clock comes before the sign that it is set: labels are true from here on. */
  #noticeSync(atMs: number): void {
    const { sealing, clockSynced, wall } = this.#options;
    if (sealing.everSynced || !clockSynced()) return;
    wall.believe();
    this.#follow(atMs);
    sealing.clockIsSet();
  }

  /** A clock that was never set cannot be earlier than what this gateway has delivered already. */
  isLaterBy(ms: number, atMs: number): void {
    const { sealing, wall } = this.#options;
    if (sealing.timeKnown || ms <= 0) return;
    wall.isLaterBy(ms);
    this.#follow(atMs);
  }

  /** Looks at the wall clock alone. */
  #follow(atMs: number): void {
    const { wall, book, log, declare, sealing } = this.#options;
    // Once windows went out under it, a clock that was never set does not go back.
    if (sealing.wentOutUnset) wall.isLaterBy(0);
    const stepMs = wall.stepMs();
    if (stepMs === 0) return;
    book.settle(atMs);
    const fromMs = Math.round(wall.at(atMs));
    wall.follow();
    const wrongMs = wall.offsetMs - this.#labelledMs;
    const moves = Math.abs(wrongMs) >= MOVE_MS && sealing.movesLabels(wrongMs);
    if (moves) this.#move(wrongMs);
    else book.stretch(stepMs);
    if (Math.abs(stepMs) < MOVE_MS) return;
    log.warn("clock.step", { ms: Math.round(stepMs) });
    declare({ kind: "clock_step", fromMs, toMs: Math.round(wall.at(atMs)) });
  }

  snapshot(): LabelsSnapshot {
    const { wall, beganAtMs } = this.#options;
    const { offsetMs, atLeastMs } = wall;
    return { offsetMs, atLeastMs, labelledMs: this.#labelledMs, beganAtMs };
  }

  /** Everything was labelled by a clock that was wrong by so much. */
  #move(wrongMs: number): void {
    const { wall, book, sealing, totals, startGap, beganAtMs } = this.#options;
    totals.relabel(wrongMs, this.#labelledMs + beganAtMs);
    startGap.relabel(wrongMs);
    book.relabel(wrongMs);
    sealing.relabel(
      wall.offsetMs,
      new Map(book.lengths().map((seconds) => [seconds, book.startMs(seconds)])),
    );
    this.#labelledMs = wall.offsetMs;
  }
}
