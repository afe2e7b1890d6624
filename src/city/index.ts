/**
 * The city's side of telpost as a library: verify, open, deduplicate, find gaps.
 *
 * ```ts
 * import { connectReader } from "telpost/city";
 *
 * const connection = connectReader({
 *   siteFile: "site.yaml",
 *   ack: true,
 *   onWindow: async ({ end, records }, { gateway }) => {
 *     for (const { sensor, kind, seconds, value } of records) {
 *       await database.upsert({ gateway, sensor, kind, end, seconds }, value);
 *     }
 *   },
 *   onGap: (gap) => console.warn(gap),
 *   onAlarm: (alarm) => console.error(alarm),
 * });
 * process.once("SIGTERM", () => connection.stop());
 * ```
 *
 * A message is acknowledged to the broker (and, with `ack`, to its gateway) after the handler resolved. When a handler
 * throws, the message comes again. `createReader` is the same without a transport, for a backend with its own MQTT client.
 */
import { SystemClock } from "../base/clock.ts";
import { type Log, silentLog } from "../base/log.ts";
import { jitterBelow } from "../base/random.ts";
import { forgetRegularly } from "./forget.ts";
import type { ReaderHandlers } from "./handlers.ts";
import { SqliteMemory } from "./memory-sqlite.ts";
import { MqttReader } from "./mqtt.ts";
import { createReader } from "./reader.ts";
import { readSite } from "./site.ts";
import { SiteRegistry } from "./site-registry.ts";

export type { Ack } from "../contract/ack.ts";
export type { Result } from "../contract/command.ts";
export type { LaterEvent, ReadEventMessage } from "../contract/event.ts";
export type { HealthMessage } from "../contract/health.ts";
export type { PrivacyReport } from "../contract/privacy-report.ts";
export type { Status } from "../contract/status.ts";
export type { ReadWalkRecord } from "../contract/walk-test.ts";
export type { ReadRecord, ReadWindowsMessage } from "../contract/windows.ts";
export type { PendingAck } from "./acks.ts";
export type { Alarm, AlarmReason } from "./alarms.ts";
export type { GapOutput } from "./gaps.ts";
export type { MessageMeta, ReaderHandlers, WindowsMeta } from "./handlers.ts";
export { makeRegistry, type Registry } from "./keys.ts";
export { MAPPING_NAMES, type Mapping, type MappingName, mappingOf } from "./mappings/mapping.ts";
export { type Memory, VolatileMemory } from "./memory.ts";
export { SqliteMemory } from "./memory-sqlite.ts";
export { openSealed } from "./open.ts";
export type { Outcome } from "./outcome.ts";
export { openReport } from "./privacy.ts";
export { createReader, type Reader, type ReaderOptions } from "./reader.ts";
export { type ReceiveOptions, runReceive } from "./receive.ts";
export { type SendCommandOptions, sendCommand } from "./send-command.ts";
export { readSite, type Site } from "./site.ts";
export { type CommissioningEvent, openWalkRecord } from "./walk-record.ts";

export interface ConnectOptions extends ReaderHandlers {
  /** The site file: broker, keys, gateways, memory. Its gateways and keys may change meanwhile. */
  readonly siteFile: string;
  /** Acknowledge to the gateways what was handled (`broker.ack: city`); default false. */
  readonly ack?: boolean;
  readonly log?: Log;
}

/** A reader that runs. */
export interface ReaderConnection {
  /** Waits for the handler that runs, leaves the broker and closes the memory; the broker holds what comes meanwhile. */
  stop(): Promise<void>;
}

/**
 * Reads a site file and receives until stopped. Reconnects by itself.
 * @throws TelpostError of kind config, key or storage
 */
export function connectReader(options: ConnectOptions): ReaderConnection {
  const clock = new SystemClock();
  const { siteFile, ack = false, log = silentLog } = options;
  const site = readSite(siteFile);
  const { memoryFile, broker, tenant } = site;
  const registry = new SiteRegistry(siteFile, site, log);
  const memory = new SqliteMemory(memoryFile);
  const reader = createReader({ ...options, registry, memory, clock, ack });
  const mqtt = new MqttReader({ clock, log, jitterBelow, broker, tenant, reader });
  const stopForgetting = forgetRegularly(memory, { clock, log });
  mqtt.start();
  return {
    stop: async () => {
      await stopForgetting();
      await mqtt.stop();
      memory.close();
    },
  };
}
