import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { RandomBytes } from "../base/random.ts";
import type { DerivedOutput } from "../config/derived.ts";
import { derivedOutputs } from "../config/derived.ts";
import { allOutputs } from "../config/outputs.ts";
import type { Config } from "../config/schema.ts";
import type { Baseline, GapReason, GatewayEvent, Output } from "../model.ts";
import { closedWindows } from "./closed-windows.ts";
import { Contacts } from "./contacts.ts";
import { WallLabel } from "./count/wall-label.ts";
import { WindowBook } from "./count/windows.ts";
import type { CrashStore } from "./crash/crash-copy.ts";
import { Derivation } from "./derive/derivation.ts";
import { EventQueue, gapOf } from "./events.ts";
import { Feed } from "./feed.ts";
import { type BaselineKey, boxBaseline, openBaseline } from "./guard/baseline.ts";
import { Labels } from "./labels.ts";
import { Pipeline } from "./pipeline.ts";
import { type CrashState, freshNumbers, judgeCrashState, type NotResumed, numbersOf } from "./resume.ts";
import { Sealing } from "./sealing.ts";
import type { SealingOptions } from "./sealing-options.ts";
import { StartGap } from "./start-gap.ts";
import { RunningTotals } from "./totals-keeper.ts";
import type { Dropped, Numbering } from "./unsealed.ts";
import type { Rebox } from "./waiting.ts";
import { WalkTap } from "./walk-tap.ts";

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
  readonly contacts: Contacts;
  readonly epoch: string;
  /** Why the crash copy was not used; undefined when sense goes on where it died. */
  readonly notResumed: NotResumed | undefined;
  readonly startGap: StartGap;
  readonly walk: WalkTap;
  /** The open windows of a sensor under test say so, and the crash copy has it. */
  markUnderTest(): void;
  declare(event: GatewayEvent): void;
  /** Forward says which windows have their value: those that are open still count nothing. */
  skipKept(lastEnds: Parameters<Pipeline["skipKept"]>[0]): void;
  /** Writes the crash copy now: something changed outside a turn. */
  commit(): void;
}

/** Wires the stages, going on from a crash copy when there is a valid one. */
export function makeCore(options: CoreOptions): Core {
  const { config, clock } = options;
  const before = openState(options);
  const { state, notResumed, wall, numbering, events, totals, derivation, walk } = before;
  const note = (event: GatewayEvent) => events.add(event, wall.at(clock.monotonic()));
  const declare = (event: GatewayEvent) => {
    note(event);
    // Behind the turn that is running, which saves first: no event is offered whose number is not committed.
    queueMicrotask(() => {
      commit();
      options.onNews();
    });
  };
  const commit = () => save(Number.NEGATIVE_INFINITY);
  const isPlausible = (endMs: number) => startGap.isPlausible(endMs);
  const savedAtMs = state?.savedAtMs;
  const sealing = makeSealing(options, { numbering, commit, declare, isPlausible, savedAtMs });
  const book = makeBook(state, { ...options, wall, sealing, declare });
  const starts = () => book.lengths().map((seconds) => [seconds, book.startMs(seconds)] as const);
  const mayEndEarly = config.contacts.some(({ use }) => use === "power-fail");
  const startGap = new StartGap(state?.startGap ?? { starts: starts(), declared: false }, mayEndEarly);
  const { labelledMs, beganAtMs } = state?.labels ?? {
    labelledMs: wall.offsetMs,
    beganAtMs: clock.monotonic(),
  };
  const labelled = { wall, book, sealing, totals, startGap, declare, labelledMs, beganAtMs };
  const labels = new Labels({ ...options, ...labelled });
  const save = saver(options, { ...before, book, labels, startGap });
  book.onFlow = (id, ins, out) => walk.counted(id, ins, out);
  const feeds = feedsOf(options, before);
  const boxBaselines = boxer(totals, options);
  const parts = { wall, book, derivation, feeds, totals, sealing, labels, boxBaselines, save, declare, note };
  const pipeline = new Pipeline({ ...options, privacy: config.privacy, ...parts });
  const skipKept: Core["skipKept"] = (lastEnds) => {
    for (const seconds of pipeline.skipKept(lastEnds)) startGap.startsAt(seconds, book.startMs(seconds));
  };
  const onPowerFail = (told: readonly GatewayEvent[]) => void pipeline.closeEarly(told);
  const contacts = new Contacts({ ...options, contacts: config.contacts, declare, onPowerFail });
  const { epoch } = numbering;
  const markUnderTest = () => {
    for (const feed of feeds) walk.mark(feed, book);
    commit();
  };
  const stages = { pipeline, sealing, events, feeds, contacts, epoch, notResumed, startGap, walk };
  return { ...stages, markUnderTest, declare, skipKept, commit };
}

function feedsOf(
  { config, debounced = false }: CoreOptions,
  { wall, totals, walk }: Pick<ReturnType<typeof openState>, "wall" | "totals" | "walk">,
): Feed[] {
  const label = (atMs: number) => wall.at(atMs);
  const shared = { privacy: config.privacy, totals, walk, label, debounced };
  return config.sensors.map((sensor) => new Feed({ sensor, ...shared }));
}

/** What the crash copy says, or a fresh beginning. */
function openState({ config, clock, crash, random, bootId }: CoreOptions) {
  const judged = judgeCrashState(crash.read(), bootId);
  const state = typeof judged === "string" ? undefined : judged;
  const notResumed = typeof judged === "string" ? judged : undefined;
  const wall = new WallLabel(clock, state?.labels);
  if (!state) for (const name of crash.waiting.names()) crash.waiting.remove(name);
  const numbering: Numbering = state ? numbersOf(state) : freshNumbers(random);
  const { nextEvent } = state ?? { nextEvent: 0 };
  const events = new EventQueue({ ...numbering, nextEvent, events: state?.events ?? [] });
  const totals = new RunningTotals(config.sensors, state?.totals);
  const levels = state?.settings === settingsOf(config) ? state.levels : [];
  const derivation = new Derivation(derivedOutputs(config), levels);
  const walk = new WalkTap(state?.walk);
  return { state, notResumed, wall, numbering, events, totals, derivation, walk };
}

type Saved = Pick<ReturnType<typeof openState>, "numbering" | "events" | "totals" | "derivation" | "walk"> & {
  readonly book: WindowBook;
  readonly labels: Labels;
  readonly startGap: StartGap;
};

/** Writes the crash state, with what was watched until a monotonic time: that of a look, so that no other moment shows. */
function saver({ config, crash, bootId, clock }: CoreOptions, parts: Saved): (atMs: number) => void {
  const settings = settingsOf(config);
  const { book, labels, startGap, numbering, events, totals, derivation, walk } = parts;
  return (atMs) => {
    crash.save({
      version: 4,
      bootId,
      settings,
      // Not that of the turn, which may lie before a window that has closed since.
      savedAtMs: clock.monotonic(),
      labels: labels.snapshot(),
      startGap: startGap.snapshot(),
      ...numbering,
      ...events.snapshot(),
      windows: book.snapshot(atMs),
      totals: totals.snapshot(),
      levels: derivation.snapshot(),
      ...(walk.facts && { walk: walk.facts }),
    } satisfies CrashState);
  };
}

function makeSealing(
  options: CoreOptions,
  parts: Pick<SealingOptions, "numbering" | "commit" | "isPlausible" | "savedAtMs"> & {
    declare: (event: GatewayEvent) => void;
  },
): Sealing {
  const { crash, clock, log, clockSynced, seal, onNews, baselineKey, random } = options;
  const { declare, ...rest } = parts;
  const lab = options.config.privacy.profile === "lab";
  const onDropped = (reason: GapReason, dropped: Dropped) => declare(gapOf(reason, dropped));
  const rebox: Rebox = (baseline, endMs) => {
    const last = openBaseline(baseline, baselineKey);
    return boxBaseline({ channel: baseline.channel, endMs }, last, { key: baselineKey, random });
  };
  return new Sealing({
    rebox,
    crash,
    clock,
    log,
    ...rest,
    lab,
    clockSynced,
    seal,
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
  return JSON.stringify([config.privacy, allOutputs(config), derivedOutputs(config)]);
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

type OldSettings = [Config["privacy"], Output[], DerivedOutput[]];

/** Closes the windows of the old settings; returns when the last of the windows they had begun ends. */
function closeOld(state: CrashState, { clock, sealing, random, wall }: BookParts): number {
  const [privacy, outputs, derived] = JSON.parse(state.settings) as OldSettings;
  const derivation = new Derivation(derived, state.levels);
  const old = WindowBook.resume(outputs, state.windows);
  const { closed } = old.closeShort(wall.at(state.savedAtMs), state.savedAtMs);
  for (const { endMs, windows } of closed) {
    const label = { endMs, endAtMs: wall.monotonicOf(endMs), moved: false };
    const common = { ...label, privacy, baselines: [], closedAtMs: clock.monotonic() };
    sealing.add(closedWindows(windows, common, { random, derivation }));
  }
  return Math.max(...old.lengths().map((seconds) => old.startMs(seconds)));
}
