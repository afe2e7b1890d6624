import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { atCadence } from "../base/cadence.ts";
import type { Clock } from "../base/clock.ts";
import { type Lifecycle, startWith } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";
import { readClockSync } from "../base/native/adjtimex.ts";
import { jitterBelow, systemRandom } from "../base/random.ts";
import { isFresh, NO_RESTART, type Restart } from "../base/restart.ts";
import { recordOutputs } from "../config/derived.ts";
import type { Config } from "../config/schema.ts";
import type { About } from "../handover/protocol.ts";
import { SenseEnd } from "../handover/sense-end.ts";
import { ControlServer, type ControlVerbs } from "../ops/control.ts";
import type { Running } from "../ops/process.ts";
import type { Work } from "../ops/progress.ts";
import { VERSION } from "../ops/version.ts";
import { type Core, type CoreOptions, makeCore } from "./core.ts";
import { openCrashFolder } from "./crash/crash-copy.ts";
import { baselineKey } from "./guard/baseline.ts";
import { handoverHost } from "./handover-host.ts";
import type { GpioLineOptions } from "./line/gpio-line.ts";
import { LineTaps } from "./line-taps.ts";
import { makeSeal } from "./make-seal.ts";
import { openKeys } from "./own-keys.ts";
import { reportOf } from "./privacy-report.ts";
import { withSettingFiles } from "./setting-files.ts";
import { SniffDesk, type SniffDeskOptions } from "./sniff-desk.ts";
import { type Light, type LightParts, makeLight } from "./start-light.ts";
import { startLines } from "./start-lines.ts";
import { type SenseStatus, senseSummary, statusOf } from "./status.ts";
import { startWalks } from "./walk-service.ts";

export type { SenseStatus };

export interface SenseOptions {
  readonly config: Config;
  /** Paths in the configuration are relative to this folder. */
  readonly configFolder: string;
  readonly configHash: string;
  /** Why this is not the administrator's configuration; null when it is. */
  readonly instead: string | null;
  readonly isolation: About["isolation"];
  readonly handoverSocket: string;
  readonly controlSocket: string;
  /** On tmpfs. */
  readonly crashFolder: string;
  readonly credentialsDirectory: string | undefined;
  readonly bootId: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Asks for GPIO lines; default: the kernel's character device. */
  readonly requestGpio?: GpioLineOptions["request"];
  /** Asks for the line of the status light; default: the kernel's character device. */
  readonly driveGpio?: LightParts["driveGpio"];
  /** Whether a time daemon keeps the clock right; default: the kernel's word. */
  readonly clockSynced?: () => boolean;
  /** Without it nobody restarts this process from afar. */
  readonly restart?: Restart;
}

export interface Sense extends Running {
  status(): SenseStatus;
}

/** Sensor states are told again so often, whatever they are. */
const STATES = { name: "sensor states", ms: 60_000 };
const REPORT_MS = 1_000;
/** Longer than any turn on a busy machine. */
const STALLED_MS = 15_000;

/** Everything of telpost-sense, wired: consumers first. It and start-lines.ts make its adapters, nobody else does. */
export function startSense(options: SenseOptions): Promise<Sense> {
  return startWith((lifecycle) => wire(options, lifecycle));
}

async function wire(given: SenseOptions, lifecycle: Lifecycle): Promise<Sense> {
  const options = { ...given, config: withSettingFiles(given.config, given.configFolder) };
  const { clock, log } = options;
  const startedMs = clock.monotonic();
  // Making the core may have something to declare before there is an end to tell; the hello offers it then.
  let end: SenseEnd | undefined;
  const news = { onNews: () => end?.poke(), onStates: () => end?.sendSensors() };
  const { core, keys, boxKey, clockSynced } = await wireCore(options, lifecycle, news);
  const about = () => aboutSense(options, keys.facts());
  const onSigned = () => end?.sendReport();
  const { report, onWalkTests } = reportOf(options, keys, { clockSynced, onSigned });
  const onRestart = () => restartUnlessFresh(options, startedMs);
  const connected = () => end?.connected ?? false;
  const light = makeLight(core, options.config.statusLight, { ...options, clockSynced, connected });
  const parts = {
    about,
    boxKey,
    clockSynced,
    onRestart,
    onDelivery: light.onDelivery,
    keys: keys.ring,
    report: () => report.jws,
    onWalkTests,
  };
  const host = handoverHost(core, parts);
  const handover = new SenseEnd({ path: options.handoverSocket, clock, jitterBelow, log, host });
  const told = { core, keys, clockSynced, light, startedMs, connected };
  const status = () => statusOf(options, told);
  const taps = new LineTaps();
  const own = { status, report: () => report.jws };
  await startControl(options, { ...own, ...coreVerbs(core, { ...options, taps }) }, lifecycle);
  await startWalks(options, { core, keys, handover, taps }, lifecycle);
  end = handover;
  handover.start();
  lifecycle.onStop(() => handover.stop());
  startPipeline(core, { ...options, taps, light }, lifecycle);
  startRounds({ clock, lifecycle, report, keys, handover });
  const summary = () => senseSummary(status());
  return { status, works: senseWorks(core, clock), summary, stop: () => lifecycle.stop() };
}

/** Forward is not believed: whoever took it over can make sense pause for a second every ten minutes, no more. */
function restartUnlessFresh({ clock, log, restart = NO_RESTART }: SenseOptions, startedMs: number): void {
  if (isFresh(clock, startedMs, restart)) {
    return log.warn("command.refused", { command: "restart", code: "command.too_often" });
  }
  log.info("command.done", { command: "restart" });
  restart.end();
}

/** The core with its crash copy and its keys. */
async function wireCore(
  options: SenseOptions,
  lifecycle: Lifecycle,
  news: Pick<CoreOptions, "onNews" | "onStates">,
) {
  const { config, log, clockSynced = () => readClockSync().synced } = options;
  const crash = openCrashFolder(options.crashFolder, log);
  lifecycle.onStop(() => crash.close());
  const keys = await openKeys({
    ...options,
    clockSynced,
    copy: crash.keys,
    declare: (event) => core.declare(event),
    onAccepted() {
      keys.watch();
      void core.sealing.run();
    },
  });
  const boxKey = baselineKey(keys.gatewayKey);
  const seal = makeSeal(config, keys.gatewayKey, keys.usable);
  const parts = { random: systemRandom, crash, clockSynced, baselineKey: boxKey, seal, ...news };
  const core = makeCore({ ...options, ...parts, debounced: true });
  lifecycle.onStop(() => core.sealing.stop());
  log.info(core.notResumed ? "crash.discarded" : "crash.resumed", { why: core.notResumed });
  return { core, keys, boxKey, clockSynced };
}

/** A look comes every second, a device is asked when its time comes, a closed window is sealed at once. */
function senseWorks({ pipeline, sealing, feeds }: Core, clock: Clock): Work[] {
  const overdue = () => {
    const dues = feeds.map(({ dueMs }) => dueMs).filter((dueMs) => dueMs !== null);
    const first = Math.min(...dues);
    return first <= clock.monotonic() ? first : null;
  };
  return [
    { name: "reading sensors", limitMs: STALLED_MS, mark: () => pipeline.turns },
    { name: "asking devices", limitMs: STALLED_MS, mark: overdue },
    { name: "sealing windows", limitMs: 2 * STALLED_MS, mark: () => sealing.waitingSince },
  ];
}

function aboutSense(
  { config, configHash, isolation }: SenseOptions,
  kids: Pick<About, "gatewayKid" | "cityKid" | "cityKeyUntilMs">,
): About {
  const outputs = recordOutputs(config).map(({ id, kind, seconds }) => ({ id, kind, seconds }));
  return { software: `telpost ${VERSION}`, configHash, isolation, ...kids, outputs };
}

/** What may be asked of the stages. */
function coreVerbs({ feeds, sealing }: Core, parts: Omit<SniffDeskOptions, "feeds">): ControlVerbs {
  const desk = new SniffDesk({ ...parts, feeds });
  return { windows: () => sealing.diary.entries(), sniff: (asked) => desk.serve(asked) };
}

async function startControl(
  { controlSocket, clock, log }: SenseOptions,
  verbs: ControlVerbs,
  lifecycle: Lifecycle,
) {
  mkdirSync(dirname(controlSocket), { recursive: true });
  const control = new ControlServer(controlSocket, verbs, { clock, log });
  await control.start();
  lifecycle.onStop(() => control.stop());
}

interface Rounds {
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly report: { refresh(): Promise<void> };
  readonly keys: { watch(): void };
  readonly handover: SenseEnd;
}

/** What is looked after once at the start, and then at the pace of STATES. */
function startRounds({ clock, lifecycle, report, keys, handover }: Rounds): void {
  keys.watch();
  // Behind the start: it takes longer than starting may.
  const first = clock.after("privacy report", REPORT_MS, () => void report.refresh());
  lifecycle.onStop(() => first.cancel());
  const round = () => {
    keys.watch();
    handover.sendAbout();
    handover.sendSensors();
    void report.refresh();
  };
  lifecycle.onStop(atCadence(clock, STATES, round));
}

/** The windows first, then the lines that fill them, then the light: where it was given a line of theirs, they have it. */
function startPipeline(
  core: Core,
  options: SenseOptions & { taps: LineTaps; light: Light },
  lifecycle: Lifecycle,
): void {
  core.pipeline.start();
  lifecycle.onStop(() => core.pipeline.stop());
  startLines(core, options, lifecycle);
  options.light.start();
  lifecycle.onStop(() => options.light.stop());
}
