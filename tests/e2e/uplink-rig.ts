import { SystemClock } from "../../src/base/clock.ts";
import type { Log, LogEvent, LogFields } from "../../src/base/log.ts";
import type { BrokerConfig } from "../../src/config/schema.ts";
import type { Outbox, UplinkState } from "../../src/forward/ports.ts";
import { startUplink, type Uplink, type UplinkOptions } from "../../src/forward/uplink/uplink.ts";
import { TinyOutbox } from "../kit/tiny-outbox.ts";

export const IDENTITY = { tenant: "denhaag", site: "scheveningen", gateway: "gw07" };
export const ROOT = "telpost/v1/denhaag/scheveningen/gw07";
export const EPOCH = "0123456789abcdef";

export interface Line {
  readonly level: keyof Log;
  readonly event: LogEvent;
  readonly fields: LogFields;
}

export interface Rig<O extends Outbox = TinyOutbox> {
  readonly uplink: Uplink;
  readonly outbox: O;
  readonly lines: Line[];
  readonly keys: string[];
  /** Lines with this event. */
  said(event: LogEvent): Line[];
}

export interface RigOptions {
  readonly url: string;
  readonly broker?: Partial<BrokerConfig>;
  readonly more?: Partial<UplinkOptions>;
}

export const clock = new SystemClock();

/** An uplink on real sockets and the machine's clock, that reconnects at once. */
export function startRig(options: RigOptions): Rig {
  return startRigOn(new TinyOutbox(ROOT), options);
}

/** As `startRig`, on an outbox of the test's choice. */
export function startRigOn<O extends Outbox>(outbox: O, { url, broker = {}, more = {} }: RigOptions): Rig<O> {
  const lines: Line[] = [];
  const keys: string[] = [];
  const level =
    (name: keyof Log) =>
    (event: LogEvent, fields: LogFields = {}) => {
      lines.push({ level: name, event, fields });
    };
  const log: Log = { debug: level("debug"), info: level("info"), warn: level("warn"), error: level("error") };
  const defaults = {
    ack: "broker",
    protocol: "auto",
    inFlight: 100,
    backlogPerSecond: 10_000,
    keepaliveSeconds: 30,
  } as const;
  const uplink = startUplink({
    config: { url, ...defaults, ...broker },
    identity: IDENTITY,
    profile: "street",
    maxAgeMs: 30 * 86_400_000,
    outbox,
    clock,
    jitterBelow: (limit) => Math.min(50, limit - 1),
    log,
    bootId: "5f3a6c1e-0000-4000-8000-000000000001",
    clockSynced: () => true,
    birth: () => ({ software: "telpost 0.1.0", configHash: "abc", about: null }),
    health: () => ({ uptimeSeconds: 1, sensors: [], cityKeyUntilMs: null }),
    report: () => null,
    onKeys: (jws) => keys.push(jws),
    onCommand() {},
    ...more,
  });
  return { uplink, outbox, lines, keys, said: (event) => lines.filter((line) => line.event === event) };
}

/** Rows `from` to `to` (inclusive) of windows that closed long ago. */
export function fill(outbox: TinyOutbox, from: number, to: number): void {
  const now = clock.realtime();
  for (let seq = from; seq <= to; seq++) outbox.add({ seq, epoch: EPOCH, atMs: now - 3_600_000 + seq });
}

/** The state in two words, for `expect`. */
export function word({ uplink }: Rig<Outbox>): [UplinkState["state"], string | null] {
  const { state, code } = uplink.state();
  return [state, code];
}
