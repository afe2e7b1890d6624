import { mkdirSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { type Lifecycle, startWith } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";
import { readClockSync } from "../base/native/adjtimex.ts";
import { jitterBelow, systemRandom } from "../base/random.ts";
import { allOutputs } from "../config/outputs.ts";
import type { Config } from "../config/schema.ts";
import type { About } from "../handover/protocol.ts";
import { SenseEnd } from "../handover/sense-end.ts";
import { readKeyPair, readPublicKey, readSignedKeySet } from "../keys/files.ts";
import type { ContactState, SensorState } from "../model.ts";
import { ControlServer } from "../ops/control.ts";
import type { Running } from "../ops/process.ts";
import type { Work } from "../ops/progress.ts";
import { VERSION } from "../ops/version.ts";
import { CityKeyRing, type KeyRingOptions } from "./city-key-ring.ts";
import { type Core, makeCore } from "./core.ts";
import { openCrashFolder } from "./crash/crash-copy.ts";
import { baselineKey } from "./guard/baseline.ts";
import { handoverHost } from "./handover-host.ts";
import type { GpioLineOptions } from "./line/gpio-line.ts";
import { makeSeal } from "./make-seal.ts";
import { withSettingFiles } from "./setting-files.ts";
import { startLines } from "./start-lines.ts";

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
/** Longer than any turn on a busy machine. */
const STALLED_MS = 15_000;

/** Everything of telpost-sense, wired: consumers first. It and start-lines.ts make its adapters, nobody else does. */
export function startSense(options: SenseOptions): Promise<Sense> {
  return startWith((lifecycle) => wire(options, lifecycle));
}

async function wire(given: SenseOptions, lifecycle: Lifecycle): Promise<Sense> {
  const options = { ...given, config: withSettingFiles(given.config, given.configFolder) };
  const { config, clock, log } = options;
  const startedMs = clock.monotonic();
  const { gatewayKey, keys } = await openKeys(options, {
    declare: (event) => core.declare(event),
    onAccepted: () => void core.sealing.run(),
  });
  const crash = openCrashFolder(options.crashFolder, log);
  lifecycle.onStop(() => crash.close());
  const clockSynced = () => readClockSync().synced;
  const usableKey = (profile = config.privacy.profile) =>
    keys.usable({ nowMs: clock.realtime(), synced: clockSynced(), profile });
  const boxKey = baselineKey(gatewayKey);
  const seal = makeSeal(config, gatewayKey, usableKey);
  // Making the core may have something to declare before there is an end to tell; the hello offers it then.
  let end: SenseEnd | undefined;
  const onNews = () => end?.poke();
  const onStates = () => end?.sendSensors();
  const parts = { random: systemRandom, crash, clockSynced, baselineKey: boxKey, seal, onNews, onStates };
  const core = makeCore({ ...options, ...parts, debounced: true });
  lifecycle.onStop(() => core.sealing.stop());
  log.info(core.notResumed ? "crash.discarded" : "crash.resumed", { why: core.notResumed });
  const about = () => aboutSense(options, gatewayKey.kid, usableKey()?.kid ?? null);
  const host = handoverHost(core, { about, boxKey, clockSynced, onKeys: (jws) => void keys.offer(jws) });
  const handover = new SenseEnd({ path: options.handoverSocket, clock, jitterBelow, log, host });
  const status = (): SenseStatus => ({
    ...fixedStatus(options),
    uptimeSeconds: Math.floor((clock.monotonic() - startedMs) / 1000),
    clockSynced: clockSynced(),
    cityKey: usableKey()?.kid ?? null,
    handover: handover.connected ? "connected" : "absent",
    ...coreStatus(core),
  });
  await startControl(options, status, lifecycle);
  end = handover;
  handover.start();
  lifecycle.onStop(() => handover.stop());
  startPipeline(core, options, lifecycle);
  lifecycle.onStop(every(clock, STATES_MS, onStates));
  const summary = () => senseSummary(status());
  return { status, works: senseWorks(core, clock), summary, stop: () => lifecycle.stop() };
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

type KeyHooks = Pick<KeyRingOptions, "declare" | "onAccepted">;

async function openKeys({ config, configFolder, credentialsDirectory, log }: SenseOptions, hooks: KeyHooks) {
  const inFolder = (path: string) => (isAbsolute(path) ? path : join(configFolder, path));
  const gatewayKey = readKeyPair(inFolder(config.gateway.key), "Ed25519", { credentialsDirectory });
  const root = readPublicKey(inFolder(config.city.root), "Ed25519").publicJwk;
  const keys = await CityKeyRing.open(readSignedKeySet(inFolder(config.city.keys)), { root, log, ...hooks });
  return { gatewayKey, keys };
}

function aboutSense(
  { config, configHash, isolation }: SenseOptions,
  gatewayKid: string,
  cityKid: string | null,
): About {
  const outputs = allOutputs(config).map(({ id, kind, seconds }) => ({ id, kind, seconds }));
  return { software: `telpost ${VERSION}`, configHash, isolation, gatewayKid, cityKid, outputs };
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
  status: () => SenseStatus,
  lifecycle: Lifecycle,
) {
  mkdirSync(dirname(controlSocket), { recursive: true });
  const control = new ControlServer(controlSocket, { status }, { clock, log });
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
