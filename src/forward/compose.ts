import { dirname, isAbsolute, join } from "node:path";
import { atCadence } from "../base/cadence.ts";
import type { Clock } from "../base/clock.ts";
import { type ErrorCode, TelpostError } from "../base/errors.ts";
import { type Lifecycle, startWith } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";
import { jitterBelow } from "../base/random.ts";
import type { Restart } from "../base/restart.ts";
import type { BrokerConfig, Config } from "../config/schema.ts";
import { ForwardEnd } from "../handover/forward-end.ts";
import type { AlarmCondition, DeliveryState, PlatformAlarm } from "../model.ts";
import { ControlServer } from "../ops/control.ts";
import type { Running } from "../ops/process.ts";
import type { Work } from "../ops/progress.ts";
import { VERSION } from "../ops/version.ts";
import { tellDelivery } from "./delivery-state.ts";
import { handoverHost, noSense, type SenseView } from "./handover-host.ts";
import { KeptKeys } from "./kept-keys.ts";
import type { Quota } from "./outbox/quota.ts";
import { identityOf, openOutboxOf, quotaOf } from "./own-outbox.ts";
import type { PlatformWatch } from "./platform/watch.ts";
import { watchOf } from "./platform-watch.ts";
import type { Outbox, OutboxStats, UplinkState } from "./ports.ts";
import { commandsOf } from "./remote-deeds.ts";
import { drainSeconds } from "./uplink/pace.ts";
import { startUplink, type Uplink, type UplinkOptions } from "./uplink/uplink.ts";

export interface ForwardOptions {
  readonly config: Config;
  /** Paths in the configuration are relative to this folder. */
  readonly configFolder: string;
  readonly configHash: string;
  /** Why this is not the administrator's configuration; null when it is. */
  readonly instead: string | null;
  readonly handoverSocket: string;
  readonly controlSocket: string;
  readonly outboxFile: string;
  readonly credentialsDirectory?: string | undefined;
  readonly bootId: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Where /sys and /proc are found; default "/". */
  readonly platformRoot?: string;
  /** Without it nobody restarts this process from afar. */
  readonly restart?: Restart;
}

/** What `telpost status` shows of forward. */
export interface ForwardStatus {
  readonly process: "forward";
  readonly version: string;
  readonly configHash: string;
  /** Why it runs with the last good configuration; null when with the administrator's. */
  readonly instead: string | null;
  readonly uptimeSeconds: number;
  readonly sense: "connected" | "absent";
  /** What is wrong with the storage; null when it keeps everything. */
  readonly storage: ErrorCode | null;
  readonly outbox: OutboxStats;
  /** What may wait at most: beyond it the oldest goes, declared. */
  readonly quota: Quota;
  readonly uplink: UplinkState;
  /** How the machine itself is. */
  readonly platform: Readonly<Record<PlatformAlarm, AlarmCondition>>;
  /** Seconds until the backlog is delivered at the configured pace; null while something is in the way. */
  readonly drainSeconds: number | null;
}

export interface Forward extends Running {
  status(): ForwardStatus;
}

/** Settlements ride with the next append; this is for quiet times, and rare enough not to wear the card. */
const TIDY = { name: "outbox tidy", ms: 300_000 };
/** Connected, with rows to deliver, and nothing proven for so long. */
const UNPROVEN_MS = 15 * 60_000;

/** Everything of telpost-forward, wired: consumers first. The only place that makes its adapters. */
export function startForward(options: ForwardOptions): Promise<Forward> {
  return startWith((lifecycle) => wire(options, lifecycle));
}

async function wire(options: ForwardOptions, lifecycle: Lifecycle): Promise<Forward> {
  const { config, clock, log } = options;
  const startedMs = clock.monotonic();
  const sense = noSense();
  const clockSynced = () => sense.clockSynced;
  const { outbox, diary, windows } = openOutboxOf(options, clockSynced);
  lifecycle.onStop(() => outbox.close());
  const keys = new KeptKeys(join(dirname(options.outboxFile), "city-keys.jws"), log);
  const platform = watchOf(outbox, options);
  const onKeys = (jws: string) => {
    keys.latest = jws;
    end.sendKeys(jws);
  };
  const onCommand = commandsOf(options, { outbox, sense, startedMs, wired: () => ({ uplink, end, status }) });
  const told = { onKeys, onCommand, passing: diary };
  const uplink = uplinkOf(options, { outbox, sense, platform, startedMs, ...told });
  lifecycle.onStop(() => uplink.stop("stopped"));
  const { bootId } = options;
  const changed: Uplink["senseChanged"] = (what) => uplink.senseChanged(what);
  const host = handoverHost({ outbox, diary, bootId, keys, sense, clock, changed });
  const end = new ForwardEnd({ path: options.handoverSocket, clock, log, host });
  const status = () => statusOf({ ...options, startedMs, outbox, uplink, platform, sense: end.connected });
  const control = new ControlServer(options.controlSocket, { status, windows }, { clock, log });
  await control.start();
  lifecycle.onStop(() => control.stop());
  await end.start();
  lifecycle.onStop(() => end.stop());
  lifecycle.onStop(everyTidy(outbox, clock, log));
  const tell = (state: DeliveryState) => end.sendDelivery(state);
  if (config.statusLight) lifecycle.onStop(tellDelivery({ clock, status, tell }));
  platform.start();
  lifecycle.onStop(() => platform.stop());
  const works = forwardWorks(config.broker, status);
  return { status, works, summary: () => forwardSummary(status()), stop: () => lifecycle.stop() };
}

/**
 * A broker that takes everything and proves nothing is left after a while by the uplink itself; when that does not help,
 * starting anew is the last thing to try. Where the city proves, its silence is not this process's fault.
 */
function forwardWorks({ ack }: BrokerConfig, status: () => ForwardStatus): Work[] {
  const proofs = () => {
    const { outbox, uplink } = status();
    const moving = uplink.state === "connected" && uplink.code === null && outbox.queued > 0;
    return moving && ack === "broker" ? (uplink.lastProofMs ?? 0) : null;
  };
  return [{ name: "delivering to the broker", limitMs: UNPROVEN_MS, mark: proofs }];
}

function forwardSummary({ uplink, outbox, storage, platform, sense }: ForwardStatus): string {
  const proof = uplink.lastProofMs === null ? "never" : new Date(uplink.lastProofMs).toISOString();
  const parts = [
    `uplink ${uplink.state}${uplink.code ? ` (${uplink.code})` : ""}`,
    `${outbox.queued} waiting`,
    `last proof ${proof.slice(0, 16)}`,
    ...(storage ? [storage] : []),
    ...Object.entries(platform).flatMap(([what, is]) => (is === "alarm" ? [what.replaceAll("_", " ")] : [])),
    ...(sense === "absent" ? ["sense is away"] : []),
  ];
  return parts.join("; ");
}

interface UplinkParts extends Pick<UplinkOptions, "outbox" | "onKeys" | "onCommand" | "passing"> {
  readonly sense: SenseView;
  readonly platform: PlatformWatch;
  readonly startedMs: number;
}

function uplinkOf(
  options: ForwardOptions,
  { outbox, sense, platform, startedMs, onKeys, onCommand, passing }: UplinkParts,
): Uplink {
  const { config, clock, log } = options;
  return startUplink({
    config: withFolder(config.broker, options.configFolder),
    credentialsDirectory: options.credentialsDirectory,
    identity: identityOf(config),
    profile: config.privacy.profile,
    maxAgeMs: config.outbox.maxAge,
    outbox,
    ...(passing && { passing }),
    clock,
    jitterBelow,
    log,
    bootId: options.bootId,
    clockSynced: () => sense.clockSynced,
    birth: () => ({ software: VERSION, configHash: options.configHash, about: sense.about }),
    report: () => sense.report,
    health: () => ({
      sensors: sense.sensors,
      contacts: sense.contacts,
      cityKeyUntilMs: sense.about?.cityKeyUntilMs ?? null,
      platform: platform.conditions(),
      uptimeSeconds: secondsSince(clock, startedMs),
      ...(options.instead !== null && { configuration: "config.last_good" }),
    }),
    onKeys,
    onCommand,
  });
}

interface StatusParts extends ForwardOptions {
  readonly startedMs: number;
  readonly outbox: Outbox;
  readonly uplink: Uplink;
  readonly platform: PlatformWatch;
  readonly sense: boolean;
}

function statusOf({
  config,
  configHash,
  instead,
  clock,
  startedMs,
  outbox,
  uplink,
  platform,
  sense,
}: StatusParts): ForwardStatus {
  const state = uplink.state();
  const inTheWay = state.state === "connected" ? state.code : state.state;
  return {
    process: "forward",
    version: VERSION,
    configHash,
    instead,
    uptimeSeconds: secondsSince(clock, startedMs),
    sense: sense ? "connected" : "absent",
    storage: outbox.trouble(),
    outbox: outbox.stats(),
    quota: quotaOf(config),
    uplink: state,
    platform: platform.conditions(),
    drainSeconds: drainSeconds(state.backlog, config.broker.backlogPerSecond, inTheWay),
  };
}

function withFolder(broker: BrokerConfig, folder: string): BrokerConfig {
  const inFolder = (path: string | undefined) =>
    path === undefined || isAbsolute(path) ? path : join(folder, path);
  return { ...broker, ca: inFolder(broker.ca), cert: inFolder(broker.cert), key: inFolder(broker.key) };
}

function everyTidy(outbox: Outbox, clock: Clock, log: Log): () => void {
  return atCadence(clock, TIDY, () => {
    try {
      outbox.tidy(clock.realtime());
    } catch (failure) {
      if (!(failure instanceof TelpostError)) throw failure;
      log.warn("outbox.write_failed", { code: failure.code, detail: failure.detail });
    }
  });
}

function secondsSince(clock: Clock, thenMs: number): number {
  return Math.floor((clock.monotonic() - thenMs) / 1000);
}
