import type { Clock } from "../base/clock.ts";
import { Lifecycle, withDeadline } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";
import type { ReadWindowsMessage } from "../contract/windows.ts";
import { forgetRegularly } from "./forget.ts";
import type { ReaderHandlers, WindowsMeta } from "./handlers.ts";
import type { Mapping } from "./mappings/mapping.ts";
import { SqliteMemory } from "./memory-sqlite.ts";
import { MqttReader } from "./mqtt.ts";
import {
  alarmLine,
  eventLine,
  gapLine,
  healthLine,
  privacyLine,
  recordLines,
  recordObject,
  statusLine,
} from "./ndjson.ts";
import { createReader } from "./reader.ts";
import { Republisher } from "./republish.ts";
import { readSite, type Site } from "./site.ts";
import { SiteRegistry } from "./site-registry.ts";

export interface ReceiveOptions {
  readonly siteFile: string;
  /** Acknowledge to the gateways what was handled (`broker.ack: city`). */
  readonly ack: boolean;
  /** Put records on this broker too; default: what the site file says. */
  readonly republish?: string;
  /** Takes one line of NDJSON, without its end of line. A message counts as handled when all its lines were taken. */
  readonly out: (line: string) => void | Promise<void>;
  /** Records in another form, and where the lines that are no records go then. */
  readonly other?: { readonly mapping: Mapping; readonly aside: ReceiveOptions["out"] };
  readonly log: Log;
  readonly clock: Clock;
  /** Uniform integer in [0, n). */
  readonly jitterBelow: (limit: number) => number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const STOP_DEADLINE_MS = 10_000;
/** At the end, how long records may still wait for the city's own broker. */
const GIVE_UP_MS = 2_000;

/**
 * `telpost receive`: prints everything that the gateways of a site send, as NDJSON, until the signal.
 * @throws TelpostError of kind config, key or storage, before anything was started
 */
export async function runReceive(options: ReceiveOptions): Promise<void> {
  const { clock, signal, ack } = options;
  const site = readSite(options.siteFile);
  const life = new Lifecycle();
  try {
    const memory = new SqliteMemory(site.memoryFile);
    life.onStop(() => memory.close());
    life.onStop(forgetRegularly(memory, options));
    const republisher = republisherFor(site, options);
    if (republisher) life.onStop(() => republisher.stop());
    const registry = new SiteRegistry(options.siteFile, site, options.log);
    const handlers = handlersFor(options, republisher);
    const reader = createReader({ ...handlers, registry, memory, clock, ack });
    const mqtt = new MqttReader({ ...options, broker: site.broker, tenant: site.tenant, reader });
    life.onStop(() => stopWithin(clock, mqtt, republisher));
    republisher?.start();
    const header = options.other?.mapping.header;
    if (header) await options.out(header);
    mqtt.start();
    await aborted(signal);
  } finally {
    // A handler that never resolves must not keep the process: its message comes again.
    await withDeadline(clock, STOP_DEADLINE_MS, life.stop());
  }
}

async function stopWithin(clock: Clock, mqtt: MqttReader, republisher: Republisher | null): Promise<void> {
  const timer = clock.after("receive.give_up", GIVE_UP_MS, () => republisher?.giveUp());
  await mqtt.stop();
  timer.cancel();
}

function republisherFor(site: Site, options: ReceiveOptions): Republisher | null {
  const url = options.republish ?? site.republish;
  return url === null ? null : new Republisher(url, options, `${site.broker.clientId}-republish`);
}

function handlersFor({ out, other }: ReceiveOptions, republisher: Republisher | null): ReaderHandlers {
  const aside = other?.aside ?? out;
  return {
    onWindow: async (windows, meta) => {
      await republisher?.publish(windows, meta);
      for (const line of linesOf(windows, meta, other?.mapping)) await out(line);
    },
    onEvent: (event, meta) => aside(eventLine(event, meta)),
    onLaterEvent: (event, meta) => aside(eventLine(event, meta)),
    onGap: (gap) => aside(gapLine(gap)),
    onStatus: (status, { gateway }) => aside(statusLine(status, gateway)),
    onHealth: (health, { gateway }) => aside(healthLine(health, gateway)),
    onPrivacy: (report, { gateway }) => aside(privacyLine(report, gateway)),
    onAlarm: (alarm) => aside(alarmLine(alarm)),
  };
}

function linesOf(windows: ReadWindowsMessage, meta: WindowsMeta, mapping?: Mapping): string[] {
  if (!mapping) return recordLines(windows, meta);
  return windows.records.flatMap((record) => mapping.lines(recordObject(record, windows.end, meta)));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
