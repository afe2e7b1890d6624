import { assert } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { RandomBytes } from "../base/random.ts";
import { allOutputs } from "../config/outputs.ts";
import type { Config } from "../config/schema.ts";
import type { Baseline, GapReason, GatewayEvent, Output } from "../model.ts";
import { WallLabel } from "./count/wall-label.ts";
import { WindowBook } from "./count/windows.ts";
import type { CrashStore } from "./crash/crash-copy.ts";
import { EventQueue } from "./events.ts";
import { Feed } from "./feed.ts";
import { type BaselineKey, boxBaseline, openBaseline } from "./guard/baseline.ts";
import { release } from "./guard/release.ts";
import { Pipeline } from "./pipeline.ts";
import type { Rebox } from "./relabel.ts";
import { type CrashState, freshNumbers, judgeCrashState, lengthsOf, type NotResumed } from "./resume.ts";
import { Sealing, type SealingOptions } from "./sealing.ts";
import { StartGap } from "./start-gap.ts";
import { RunningTotals } from "./totals-keeper.ts";
import type { Dropped } from "./unsealed.ts";

export interface CoreOptions {
  readonly config: Config;
  readonly bootId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: RandomBytes;
  readonly crash: CrashStore;
  readonly clockSynced: () => boolean;
  readonly baselineKey: BaselineKey;
  readonly seal: SealingOptions["seal"];
  /** Something new waits for the handover. */
  readonly onNews: () => void;
  readonly onStates: () => void;
  /** See PipelineOptions. */
  readonly lookMs?: number;
  /** See engineFor. */
  readonly debounced?: boolean;
}

/** Sense without devices, sockets and files: what `sense` and `replay` have in common. */
export interface Core {
  readonly pipeline: Pipeline;
  readonly sealing: Sealing;
  readonly events: EventQueue;
  readonly feeds: readonly Feed[];
  readonly epoch: string;
  /** Why the crash copy was not used; undefined when sense goes on where it died. */
  readonly notResumed: NotResumed | undefined;
  readonly startGap: StartGap;
  declare(event: GatewayEvent): void;
  /** Writes the crash copy now: something changed outside a turn. */
  commit(): void;
}

/** Wires the stages, going on from a crash copy when there is a valid one. */
export function makeCore(options: CoreOptions): Core {
  const { config, clock, crash, random, debounced = false } = options;
  const judged = judgeCrashState(crash.read(), options.bootId);
  const state = typeof judged === "string" ? undefined : judged;
  const wall = new WallLabel(clock, state?.offsetMs);
  if (state) dropUncommitted(crash, state);
  else for (const name of crash.waiting.names()) crash.waiting.remove(name);
  const numbering = state ? numbersOf(state) : freshNumbers(random);
  const events = new EventQueue({ ...numbering, events: state?.events ?? [] });
  const totals = new RunningTotals(config.sensors, state?.totals);
  const declare = (event: GatewayEvent) => {
    events.add(event, wall.at(clock.monotonic()));
    // Behind the turn that is running, which saves first: no event is offered whose number is not committed.
    queueMicrotask(() => {
      commit();
      options.onNews();
    });
  };
  const settings = settingsOf(config);
  const save = (atMs: number) => {
    const fixed = { version: 1, bootId: options.bootId, settings, savedAtMs: atMs } as const;
    const windows = book.snapshot(atMs);
    crash.save({
      ...fixed,
      offsetMs: wall.offsetMs,
      startGap: startGap.snapshot(),
      ...numbering,
      ...events.snapshot(),
      windows,
      totals: totals.snapshot(),
    } satisfies CrashState);
  };
  const commit = () => save(clock.monotonic());
  const sealing = makeSealing(options, { numbering, commit, declare });
  const book = makeBook(state, { ...options, wall, sealing, declare });
  const shared = { privacy: config.privacy, totals, label: (atMs: number) => wall.at(atMs), debounced };
  const feeds = config.sensors.map((sensor) => new Feed({ sensor, ...shared }));
  const boxBaselines = boxer(totals, options);
  const starts = () => book.lengths().map((seconds) => [seconds, book.startMs(seconds)] as const);
  const startGap = new StartGap(state?.startGap ?? { starts: starts(), declared: false });
  const parts = { wall, book, feeds, totals, sealing, startGap, boxBaselines, save, declare };
  const pipeline = new Pipeline({ ...options, privacy: config.privacy, ...parts });
  const notResumed = typeof judged === "string" ? judged : undefined;
  const { epoch } = numbering;
  return { pipeline, sealing, events, feeds, epoch, notResumed, startGap, declare, commit };
}

function makeSealing(
  options: CoreOptions,
  parts: Pick<SealingOptions, "numbering" | "commit"> & { declare: (event: GatewayEvent) => void },
): Sealing {
  const { crash, clock, log, clockSynced, seal, onNews, baselineKey, random } = options;
  const { numbering, commit, declare } = parts;
  const lab = options.config.privacy.profile === "lab";
  const onDropped = (reason: GapReason, dropped: Dropped) => declare(gapOf(reason, dropped));
  const rebox: Rebox = (baseline, endMs) => {
    const last = openBaseline(baseline, baselineKey);
    assert(last, "a baseline of this process opens");
    return boxBaseline({ channel: baseline.channel, endMs }, last, { key: baselineKey, random });
  };
  return new Sealing({
    rebox,
    crash,
    clock,
    log,
    numbering,
    lab,
    clockSynced,
    seal,
    commit,
    onSealed: onNews,
    onDropped,
  });
}

function boxer(totals: RunningTotals, { baselineKey, random }: CoreOptions): (endMs: number) => Baseline[] {
  const keys = { key: baselineKey, random };
  return (endMs) => totals.baselines().map(([channel, last]) => boxBaseline({ channel, endMs }, last, keys));
}

/** Names what the open windows were counted for: other settings close them short. */
function settingsOf(config: Config): string {
  return JSON.stringify([config.privacy, allOutputs(config)]);
}

function numbersOf({ epoch, nextSeq, nextEvent, lastSealedEndMs, everSynced }: CrashState) {
  return { epoch, nextSeq, nextEvent, lastSealedEndMs, everSynced };
}

/** A window that waits to be sealed but is still open in the state was never committed: it will close again. */
function dropUncommitted({ waiting }: CrashStore, { windows }: CrashState): void {
  const ends = new Map(windows.ends);
  for (const name of waiting.names()) {
    const { endMs, lengths } = JSON.parse(waiting.get(name)) as { endMs: number; lengths: number[] };
    if (lengths.some((seconds) => (ends.get(seconds) ?? Number.POSITIVE_INFINITY) <= endMs))
      waiting.remove(name);
  }
}

interface BookParts extends CoreOptions {
  readonly wall: WallLabel;
  readonly sealing: Sealing;
  readonly declare: (event: GatewayEvent) => void;
}

/**
 * The open windows: fresh ones, or those of the crash copy. With changed settings those are closed short under the old
 * settings, and counting resumes at the next boundary of the new grid; the seconds between are declared (P13).
 */
function makeBook(state: CrashState | undefined, parts: BookParts): WindowBook {
  const { config, clock, wall, declare } = parts;
  const outputs = allOutputs(config);
  const now = wall.at(clock.monotonic());
  if (!state) return new WindowBook(outputs, now);
  if (state.settings === settingsOf(config)) return WindowBook.resume(outputs, state.windows);
  const closedUntilMs = closeOld(state, parts);
  const book = new WindowBook(outputs, now, closedUntilMs);
  // From the last window that has a record: that the process was dead meanwhile belongs to the gap.
  const fromMs = Math.min(Math.floor(now), closedUntilMs);
  const windows = book.lengths().map((seconds) => ({ seconds, fromMs, toMs: book.startMs(seconds) }));
  const missing = windows.filter(({ toMs }) => toMs > fromMs);
  if (missing.length > 0) declare({ kind: "gap", reason: "config", windows: missing });
  return book;
}

/** Closes the windows of the old settings; returns the latest of their ends. */
function closeOld(state: CrashState, { clock, sealing, random, wall }: BookParts): number {
  const [privacy, outputs] = JSON.parse(state.settings) as [Config["privacy"], Output[]];
  const { closed } = WindowBook.resume(outputs, state.windows).closeShort(state.savedAtMs);
  for (const { endMs, windows } of closed) {
    const records = windows.map((window) => release(window, privacy, random));
    const closing = windows.map(({ output }) => output);
    const lengths = lengthsOf(closing);
    const closedAtMs = clock.monotonic();
    const label = { endMs, offsetMs: wall.offsetMs, moved: false };
    sealing.add({ ...label, lengths, outputs: closing, records, privacy, baselines: [], closedAtMs });
  }
  return Math.max(...closed.map(({ endMs }) => endMs));
}

function gapOf(reason: GapReason, { endMs, lengths, number }: Dropped): GatewayEvent {
  const windows = lengths.map((seconds) => ({ seconds, fromMs: endMs - seconds * 1000, toMs: endMs }));
  if (!number) return { kind: "gap", reason, windows };
  return {
    kind: "gap",
    reason,
    windows,
    numbers: { epoch: number.epoch, ranges: [[number.seq, number.seq]] },
  };
}
