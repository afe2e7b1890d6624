import { mkdirSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { Lifecycle } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";
import { readClockSync } from "../base/native/adjtimex.ts";
import { jitterBelow, systemRandom } from "../base/random.ts";
import { allOutputs } from "../config/outputs.ts";
import type { Config, SerialSensorConfig } from "../config/schema.ts";
import type { About } from "../handover/protocol.ts";
import { type ForwardHello, SenseEnd, type SenseEndHost } from "../handover/sense-end.ts";
import { readKeyPair, readPublicKey, readSignedKeySet } from "../keys/files.ts";
import type { GatewayEvent, SensorState } from "../model.ts";
import { ControlServer } from "../ops/control.ts";
import { VERSION } from "../ops/version.ts";
import { CityKeyRing } from "./city-key-ring.ts";
import { type Core, makeCore } from "./core.ts";
import { openCrashFolder } from "./crash/crash-copy.ts";
import { type BaselineKey, baselineKey, openBaseline } from "./guard/baseline.ts";
import { SerialLine } from "./line/serial-line.ts";
import { makeSeal } from "./make-seal.ts";

export interface SenseOptions {
  readonly config: Config;
  /** Paths in the configuration are relative to this folder. */
  readonly configFolder: string;
  readonly configHash: string;
  readonly isolation: About["isolation"];
  readonly handoverSocket: string;
  readonly controlSocket: string;
  /** On tmpfs. */
  readonly crashFolder: string;
  readonly credentialsDirectory: string | undefined;
  readonly bootId: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** What `telpost status` shows of sense: nothing that depends on passages. */
export interface SenseStatus {
  readonly process: "sense";
  readonly version: string;
  readonly configHash: string;
  readonly uptimeSeconds: number;
  readonly epoch: string;
  readonly clockSynced: boolean;
  readonly cityKey: string | null;
  readonly handover: "connected" | "absent";
  /** Closed windows that wait to be sealed, and sealed messages that wait to be kept. */
  readonly waiting: number;
  readonly unkept: number;
  readonly sensors: readonly SensorState[];
}

export interface Sense {
  status(): SenseStatus;
  stop(): Promise<void>;
}

/** Sensor states are told again so often, whatever they are. */
const STATES_MS = 60_000;

/** Everything of telpost-sense, wired: consumers first. The only place that makes its adapters. */
export async function startSense(options: SenseOptions): Promise<Sense> {
  const { config, clock, log, configFolder } = options;
  const lifecycle = new Lifecycle();
  const startedMs = clock.monotonic();
  const inFolder = (path: string) => (isAbsolute(path) ? path : join(configFolder, path));
  const gatewayKey = readKeyPair(inFolder(config.gateway.key), "Ed25519", options);
  const boxKey = baselineKey(gatewayKey);
  const root = readPublicKey(inFolder(config.city.root), "Ed25519").publicJwk;
  const keys = await CityKeyRing.open(readSignedKeySet(inFolder(config.city.keys)), {
    root,
    profile: config.privacy.profile,
    log,
    declare: (event) => core.declare(event),
    onAccepted: () => void core.sealing.run(),
  });
  const crash = openCrashFolder(options.crashFolder);
  lifecycle.onStop(() => crash.close());
  const clockSynced = () => readClockSync().synced;
  const usableKey = () => keys.usable(clock.realtime(), clockSynced());
  const core = makeCore({
    ...options,
    random: systemRandom,
    crash,
    clockSynced,
    baselineKey: boxKey,
    seal: makeSeal(config, gatewayKey, usableKey),
    onNews: () => end.poke(),
    onStates: () => end.sendSensors(),
  });
  log.info(core.notResumed ? "crash.discarded" : "crash.resumed", { why: core.notResumed });
  const about = (): About => ({
    software: `telpost ${VERSION}`,
    configHash: options.configHash,
    isolation: options.isolation,
    gatewayKid: gatewayKey.kid,
    cityKid: usableKey()?.kid ?? null,
    outputs: allOutputs(config).map(({ id, kind, seconds }) => ({ id, kind, seconds })),
  });
  const host = hostOf(core, { about, boxKey, onKeys: (jws) => void keys.offer(jws) });
  const end = new SenseEnd({ path: options.handoverSocket, clock, jitterBelow, log, host });
  const status = (): SenseStatus => ({
    process: "sense",
    version: VERSION,
    configHash: options.configHash,
    uptimeSeconds: Math.floor((clock.monotonic() - startedMs) / 1000),
    epoch: core.epoch,
    clockSynced: clockSynced(),
    cityKey: usableKey()?.kid ?? null,
    handover: end.connected ? "connected" : "absent",
    waiting: core.sealing.waiting,
    unkept: core.sealing.unkept().length,
    sensors: core.pipeline.states(),
  });
  mkdirSync(dirname(options.controlSocket), { recursive: true });
  const control = new ControlServer(options.controlSocket, { status }, { clock, log });
  await control.start();
  lifecycle.onStop(() => control.stop());
  end.start();
  lifecycle.onStop(() => end.stop());
  core.pipeline.start();
  lifecycle.onStop(() => core.pipeline.stop());
  lifecycle.onStop(every(clock, STATES_MS, () => end.sendSensors()));
  startLines(core, options, lifecycle);
  return { status, stop: () => lifecycle.stop() };
}

interface HostParts {
  readonly about: () => About;
  readonly boxKey: BaselineKey;
  readonly onKeys: (jws: string) => void;
}

function hostOf(core: Core, { about, boxKey, onKeys }: HostParts): SenseEndHost {
  const { sealing, events } = core;
  let gapDeclared = core.notResumed === undefined;
  return {
    unkept: () => sealing.unkept(),
    unkeptEvents: () => events.unkept(),
    epoch: () => core.epoch,
    about,
    sensors: () => core.pipeline.states(),
    onHello(hello) {
      for (const { message } of sealing.unkept()) {
        if (message.epoch === core.epoch && message.seq <= (hello.lastSeqKept ?? -1)) sealing.forget(message.epoch, message.seq);
      }
      if (!gapDeclared) declareGap(core, hello);
      gapDeclared = true;
      core.pipeline.baselinesKnown(openBaselines(hello, boxKey));
    },
    onKept: (epoch, seq) => void sealing.forget(epoch, seq),
    onRefused: (epoch, seq) => void sealing.forget(epoch, seq),
    onEventKept(epoch, number) {
      events.forget(epoch, number);
      core.commit();
    },
    onKeys,
  };
}

/** Sense did not run, or its memory is gone: no record is made for those windows, they are declared. */
function declareGap(core: Core, { lastEnds, stoppedCleanly }: ForwardHello): void {
  const lastEnd = new Map(lastEnds.map(({ seconds, endMs }) => [seconds, endMs]));
  const windows = core.firstStarts.flatMap(([seconds, toMs]) => {
    const fromMs = lastEnd.get(seconds);
    return fromMs !== undefined && fromMs < toMs ? [{ seconds, fromMs, toMs }] : [];
  });
  const reason = stoppedCleanly ? "stopped" : "power_cut";
  if (windows.length === 0) return;
  const event: GatewayEvent = { kind: "gap", reason, windows };
  core.declare(event);
  core.commit();
}

function openBaselines({ baselines }: ForwardHello, key: BaselineKey) {
  return new Map(
    baselines.flatMap((baseline) => {
      const last = openBaseline(baseline, key);
      return last ? [[baseline.channel, last] as const] : [];
    }),
  );
}

function startLines(core: Core, { clock, log }: SenseOptions, lifecycle: Lifecycle): void {
  for (const feed of core.feeds) {
    const listener = core.pipeline.listenerFor(feed);
    if (feed.sensor.profile === "gpio-pulse") {
      log.error("sensor.unsupported", { sensor: feed.sensor.id, code: "device.no_adapter" });
      listener.down("device.no_adapter", clock.monotonic());
      continue;
    }
    const line = new SerialLine({ settings: settingsOf(feed.sensor), clock, jitterBelow });
    lifecycle.onStop(() => line.stop());
    line.start(listener);
  }
}

function settingsOf({ port, baudRate, dataBits, parity, stopBits }: SerialSensorConfig) {
  return { port, baudRate, dataBits, parity, stopBits };
}

function every(clock: Clock, ms: number, fn: () => void): () => void {
  const tick = () => {
    fn();
    timer = clock.after("sensor states", ms, tick);
  };
  let timer = clock.after("sensor states", ms, tick);
  return () => timer.cancel();
}
