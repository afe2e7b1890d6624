import type { Clock, Timer } from "../base/clock.ts";
import type { ErrorCode } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { RandomBytes } from "../base/random.ts";
import type { PrivacyConfig } from "../config/schema.ts";
import type { Baseline, GapReason, GatewayEvent, SensorState, Window } from "../model.ts";
import { closedWindows, withoutSince } from "./closed-windows.ts";
import type { WallLabel } from "./count/wall-label.ts";
import type { Advanced, WindowBook } from "./count/windows.ts";
import type { Derivation } from "./derive/derivation.ts";
import type { Feed } from "./feed.ts";
import type { Labels } from "./labels.ts";
import type { Edge, LineListener } from "./line/port.ts";
import type { Sealing } from "./sealing.ts";
import type { PortName } from "./sensor/engine.ts";
import { Standstill } from "./standstill.ts";
import type { RunningTotals } from "./totals-keeper.ts";

export interface PipelineOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: RandomBytes;
  readonly privacy: PrivacyConfig;
  readonly wall: WallLabel;
  readonly book: WindowBook;
  readonly derivation: Derivation;
  readonly feeds: readonly Feed[];
  readonly totals: RunningTotals;
  readonly sealing: Sealing;
  readonly labels: Labels;
  readonly boxBaselines: (endMs: number) => Baseline[];
  /** Writes the crash copy. @param watchedMs until when what was watched is in it */
  readonly save: (watchedMs: number) => void;
  readonly declare: (event: GatewayEvent) => void;
  /** Declares with whatever is handed over next. */
  readonly note: (event: GatewayEvent) => void;
  /** Something new waits for the handover. */
  readonly onNews: () => void;
  /** A link or an error bucket changed. */
  readonly onStates: () => void;
  /** How often windows, silence and the clock are looked at when nothing comes; a recording needs it only at window ends. */
  readonly lookMs?: number;
}

const LOOK_MS = 1_000;

/** From bytes to noised records: every input is one turn, and the crash copy is written before the turn ends. */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #standstill: Standstill;
  /** The time of the last turn: of an edge, when it happened. */
  #lastTurnMs: number;
  #timer: Timer | undefined;
  #dueMs = 0;
  #started = false;
  #turns = 0;
  /** The copy before this one may still tell what a window held that is closed now. */
  #forgets = true;
  /** The monotonic time of the last end of a window that has closed. */
  #closedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#lastTurnMs = options.clock.monotonic();
    this.#standstill = new Standstill(options.clock, options.lookMs ?? LOOK_MS);
  }

  /** Windows that passed while the process was dead get no record; they are declared. */
  start(): void {
    const { clock, book, wall, labels } = this.#options;
    const atMs = clock.monotonic();
    labels.notice(atMs);
    this.#take(book.advance(wall.at(atMs), atMs, 1), atMs, "stopped");
    this.#save(atMs);
    this.#started = true;
    this.#arm();
  }

  /** A last turn, so that the crash copy is as new as can be. */
  stop(): void {
    this.dispose();
    this.#turn(this.#options.clock.monotonic(), () => this.#standstill.looked());
  }

  /** Ends its timer and does nothing more. */
  dispose(): void {
    this.#started = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** What a sensor's line tells, in the order it tells it. */
  listenerFor(feed: Feed, port: PortName = "main"): LineListener {
    const { book, log, onStates } = this.#options;
    const sensor = feed.sensor.id;
    return {
      up: (atMs, levels) => {
        log.info("sensor.up", { sensor });
        this.#turn(atMs, () => feed.up(book, port, atMs, levels));
        onStates();
      },
      down: (code: ErrorCode, atMs) => {
        log.warn("sensor.down", { sensor, code });
        this.#turn(atMs, () => feed.down(book, { port, code, atMs }));
        onStates();
      },
      bytes: (chunk, atMs) => this.#turn(atMs, () => feed.bytes(book, { port, chunk, atMs })),
      edge: (edge: Edge) => this.#turn(edge.atMs, () => feed.edge(book, edge, edge.atMs < this.#closedAtMs)),
      lost: (edges, atMs) => this.#turn(atMs, () => feed.lost(book, edges)),
    };
  }

  /** The baselines of the running totals are known: what was held is counted. */
  baselinesKnown(baselines: Parameters<RunningTotals["know"]>[1]): void {
    const { clock, totals, book, feeds } = this.#options;
    if (totals.known) return;
    const atMs = clock.monotonic();
    this.#turn(atMs, () => {
      const up = new Set(feeds.filter(({ isOpen }) => isOpen).map(({ sensor }) => sensor.id));
      totals.know(book, baselines, (sensor) => up.has(sensor));
      for (const feed of feeds) feed.baselinesKnown(book, atMs);
    });
  }

  /**
   * The power fails: what is open is closed now, short, and sealed and offered at once, with these events. The rest of each
   * window is declared, and counting goes on with the next one (docs/decisions/0014).
   */
  async closeEarly(events: readonly GatewayEvent[]): Promise<void> {
    const { clock, feeds, book, wall, sealing, note, onNews, log } = this.#options;
    const atMs = clock.monotonic();
    this.#turn(atMs, () => {
      for (const feed of feeds) feed.look(book, atMs);
      const { closed, skipped } = book.closeShort(wall.at(atMs), atMs);
      for (const { endMs, windows } of closed) this.#release(endMs, windows, atMs);
      for (const event of events) note(event);
      if (skipped.length > 0) note({ kind: "gap", reason: "power_cut", windows: skipped });
      // A supply that flaps finds nothing open the second time.
      if (closed.length > 0) log.warn("window.closed_early", { code: "contact.power_fail" });
    });
    // The events wait until the message is sealed, so that one commit keeps all of it.
    await sealing.runHurried();
    onNews();
  }

  /** Windows that forward keeps already have their one value: those that are open still count nothing. */
  skipKept(lastEnds: readonly { readonly seconds: number; readonly endMs: number }[]): number[] {
    const { clock, book } = this.#options;
    let kept: typeof lastEnds = [];
    this.#turn(clock.monotonic(), () => {
      kept = lastEnds.filter(({ seconds, endMs }) => book.skipKept(seconds, endMs));
    });
    return kept.map(({ seconds }) => seconds);
  }

  /** Rises with every turn, people or not. */
  get turns(): number {
    return this.#turns;
  }

  /** See Labels. */
  isLaterBy(ms: number): void {
    const { clock, labels } = this.#options;
    const atMs = clock.monotonic();
    this.#turn(atMs, () => labels.isLaterBy(ms, atMs));
  }

  states(): SensorState[] {
    const { feeds, wall, clock } = this.#options;
    return feeds.map((feed) => feed.state(wall.at(clock.monotonic())));
  }

  /** @param looks whether this is a regular look: the clock is followed at their pace, never at that of passages (P9) */
  #turn(atMs: number, work: () => void, looks = false): void {
    const { book, feeds, labels } = this.#options;
    const still = this.#standstill.over();
    if (still) for (const feed of feeds) feed.stoodStill(book, still);
    if (still || looks) labels.notice(still?.fromMs ?? atMs);
    this.#closeDue(atMs);
    work();
    this.#save(this.#standstill.lookedMs);
    this.#lastTurnMs = Math.max(this.#lastTurnMs, atMs);
    this.#turns++;
    this.#arm();
  }

  /** The crash copy keeps two states: once a window has closed, neither may hold its counts any longer (P2). */
  #save(watchedMs: number): void {
    const { save } = this.#options;
    save(watchedMs);
    if (this.#forgets) save(watchedMs);
    this.#forgets = false;
  }

  /** Each window at its own end, however long ago: no passage decides which windows there are (P9). */
  #closeDue(atMs: number): void {
    const { book, wall, feeds } = this.#options;
    for (let nextMs = book.nextEndMs; nextMs <= wall.at(atMs); nextMs = book.nextEndMs) {
      // When the clock stepped over it, at the look before.
      const endMs = Math.min(atMs, Math.max(this.#standstill.lookedMs, wall.monotonicOf(nextMs)));
      for (const feed of feeds) feed.look(book, Math.min(atMs, Math.max(this.#lastTurnMs, endMs)));
      this.#take(book.advance(Math.max(nextMs, wall.at(endMs)), endMs), atMs, "clock_unknown");
    }
  }

  #take({ closed, skipped }: Advanced, atMs: number, reason: GapReason): void {
    for (const { endMs, windows } of closed) this.#release(endMs, windows, atMs);
    if (skipped.length > 0) this.#options.declare({ kind: "gap", reason, windows: skipped });
    if (closed.length > 0) void this.#options.sealing.run();
  }

  /** Noise is drawn here, at the close, once; behind this line there is no number in the clear. */
  #release(endMs: number, windows: readonly Window[], atMs: number): void {
    const { clock, privacy, sealing, boxBaselines, log, wall } = this.#options;
    this.#forgets = true;
    const honest = sealing.timeKnown ? windows : windows.map(withoutSince);
    const endAtMs = wall.monotonicOf(endMs);
    this.#closedAtMs = Math.max(this.#closedAtMs, Math.min(endAtMs, atMs));
    const common = { endMs, endAtMs, closedAtMs: clock.monotonic(), privacy, moved: false };
    const baselines = boxBaselines(endMs);
    sealing.add(closedWindows(honest, { ...common, baselines }, this.#options));
    log.debug("window.closed", { end: new Date(endMs).toISOString() });
  }

  /** Sets the timer for whatever is due next: a window's end, a device, or the regular look. */
  #arm(): void {
    if (!this.#started) return;
    const { clock, wall, book, feeds } = this.#options;
    const wanted = feeds.map(({ dueMs }) => dueMs).filter((dueMs) => dueMs !== null);
    const dueMs = Math.min(this.#standstill.dueMs, wall.monotonicOf(book.nextEndMs), ...wanted);
    if (this.#timer && this.#dueMs <= dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = dueMs;
    this.#timer = clock.after("look", Math.max(1, dueMs - clock.monotonic()), () => this.#look());
  }

  #look(): void {
    const { clock, book, feeds, sealing } = this.#options;
    const atMs = clock.monotonic();
    this.#timer = undefined;
    const looks = atMs >= this.#standstill.dueMs;
    const work = () => {
      for (const feed of feeds) feed.look(book, atMs);
      if (looks) this.#standstill.looked();
    };
    this.#turn(atMs, work, looks);
    if (looks) void sealing.run();
  }
}
