import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../base/clock.ts";
import { type Lifecycle, startWith } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";
import { readClockSync } from "../base/native/adjtimex.ts";
import { jitterBelow, systemRandom } from "../base/random.ts";
import { recordOutputs } from "../config/derived.ts";
import type { Config } from "../config/schema.ts";
import type { About } from "../handover/protocol.ts";
import { SenseEnd } from "../handover/sense-end.ts";
import type { ContactState, SensorState } from "../model.ts";
import { ControlServer, type ControlVerbs } from "../ops/control.ts";
import type { Running } from "../ops/process.ts";
import type { Work } from "../ops/progress.ts";
import { VERSION } from "../ops/version.ts";
import { type Core, type CoreOptions, makeCore } from "./core.ts";
import { openCrashFolder } from "./crash/crash-copy.ts";
import { baselineKey } from "./guard/baseline.ts";
import { handoverHost } from "./handover-host.ts";
import type { GpioLineOptions } from "./line/gpio-line.ts";
import { makeSeal } from "./make-seal.ts";
import { openKeys } from "./own-keys.ts";
import { reportOf } from "./privacy-report.ts";
import { withSettingFiles } from "./setting-files.ts";
import { startLines } from "./start-lines.ts";
import { startWalks } from "./walk-service.ts";

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
}

/** What `telpost status` shows of sense: nothing that depends on passages. */
export interface SenseStatus {
  readonly process: "sense";
  readonly version: string;
  readonly configHash: string;
  /** Why it runs with the last good configuration; null when with the administrator's. */
  readonly instead: string | null;
  readonly uptimeSeconds: number;
  readonly epoch: string;
  /** Messages sealed in this epoch: one for each closing instant, whatever was counted. */
  readonly sealed: number;
  readonly clockSynced: boolean;
  readonly cityKey: string | null;
  /** Until when there are valid city keys, ms since the Unix epoch: in the past while an expired one serves. */
  readonly cityKeyUntilMs: number | null;
  readonly handover: "connected" | "absent";
  /** Closed windows that wait to be sealed, and sealed messages that wait to be kept. */
  readonly waiting: number;
  readonly unkept: number;
  readonly sensors: readonly SensorState[];
  readonly contacts: readonly ContactState[];
}

export interface Sense extends Running {
  status(): SenseStatus;
}

/** Sensor states are told again so often, whatever they are. */
const STATES_MS = 60_000;
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
  const parts = { about, boxKey, clockSynced, keys: keys.ring, report: () => report.jws, onWalkTests };
  const host = handoverHost(core, parts);
  const handover = new SenseEnd({ path: options.handoverSocket, clock, jitterBelow, log, host });
  const status = (): SenseStatus => ({
    ...fixedStatus(options),
    uptimeSeconds: Math.floor((clock.monotonic() - startedMs) / 1000),
    clockSynced: clockSynced(),
    cityKey: keys.facts().cityKid,
    cityKeyUntilMs: keys.facts().cityKeyUntilMs,
    handover: handover.connected ? "connected" : "absent",
    ...coreStatus(core),
  });
  await startControl(options, { status, report: () => report.jws }, lifecycle);
  await startWalks(options, { core, keys, handover }, lifecycle);
  end = handover;
  handover.start();
  lifecycle.onStop(() => handover.stop());
  startPipeline(core, options, lifecycle);
  const tick = () => {
    keys.watch();
    handover.sendAbout();
    handover.sendSensors();
    void report.refresh();
  };
  keys.watch();
  // Behind the start: it takes longer than starting may.
  const first = clock.after("privacy report", REPORT_MS, () => void report.refresh());
  lifecycle.onStop(() => first.cancel());
  lifecycle.onStop(every(clock, STATES_MS, tick));
  const summary = () => senseSummary(status());
  return { status, works: senseWorks(core, clock), summary, stop: () => lifecycle.stop() };
}

/** The core with its crash copy and its keys. */
async function wireCore(
  options: SenseOptions,
  lifecycle: Lifecycle,
  news: Pick<CoreOptions, "onNews" | "onStates">,
) {
  const { config, log } = options;
  const crash = openCrashFolder(options.crashFolder, log);
  lifecycle.onStop(() => crash.close());
  const clockSynced = () => readClockSync().synced;
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

function senseSummary({ sensors, contacts, waiting, unkept, handover, clockSynced }: SenseStatus): string {
  const up = sensors.filter(({ link }) => link === "up").length;
  const parts = [
    `${up} of ${sensors.length} sensors up`,
    `${waiting} windows to seal`,
    `${unkept} to hand over${handover === "connected" ? "" : ", forward is away"}`,
    ...(clockSynced ? [] : ["clock not set"]),
    ...contacts.filter(({ condition }) => condition === "alarm").map(({ id }) => `contact ${id}`),
  ];
  return parts.join("; ");
}

function aboutSense(
  { config, configHash, isolation }: SenseOptions,
  kids: Pick<About, "gatewayKid" | "cityKid" | "cityKeyUntilMs">,
): About {
  const outputs = recordOutputs(config).map(({ id, kind, seconds }) => ({ id, kind, seconds }));
  return { software: `telpost ${VERSION}`, configHash, isolation, ...kids, outputs };
}

type FixedStatus = Pick<SenseStatus, "process" | "version" | "configHash" | "instead">;

function fixedStatus({ configHash, instead }: SenseOptions): FixedStatus {
  return { process: "sense", version: VERSION, configHash, instead };
}

function coreStatus({
  epoch,
  sealing,
  pipeline,
  contacts,
}: Core): Pick<SenseStatus, "epoch" | "sealed" | "waiting" | "unkept" | "sensors" | "contacts"> {
  const { sealed, waiting } = sealing;
  const unkept = sealing.unkept().length;
  return { epoch, sealed, waiting, unkept, sensors: pipeline.states(), contacts: contacts.states() };
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

/** The windows first, then the lines that fill them. */
function startPipeline(core: Core, options: SenseOptions, lifecycle: Lifecycle): void {
  core.pipeline.start();
  lifecycle.onStop(() => core.pipeline.stop());
  startLines(core, options, lifecycle);
}

function every(clock: Clock, ms: number, fn: () => void): () => void {
  const tick = () => {
    fn();
    timer = clock.after("sensor states", ms, tick);
  };
  let timer = clock.after("sensor states", ms, tick);
  return () => timer.cancel();
}
