import type { ErrorCode } from "./errors.ts";

/** The closed list of log events (P10). A field never holds a frame, a count of people or a secret. */
export const LOG_EVENTS = [
  "process.starting",
  "process.ready",
  "process.stalled",
  "process.stopping",
  "process.stopped",
  "process.failed",
  "sensor.up",
  "sensor.down",
  "sensor.experimental",
  "contact.up",
  "contact.down",
  "contact.raised",
  "contact.cleared",
  "light.up",
  "light.down",
  "platform.raised",
  "platform.cleared",
  "crash.resumed",
  "crash.discarded",
  "crash.write_failed",
  "clock.synced",
  "clock.step",
  "window.closed",
  "window.closed_early",
  "window.held",
  "window.dropped",
  "keys.accepted",
  "keys.refused",
  "keys.expiring",
  "keys.expired",
  "keys.none",
  "keys.not_kept",
  "report.not_signed",
  "walk.refused",
  "walk.began",
  "walk.ended",
  "handover.connected",
  "handover.lost",
  "handover.hostile",
  "handover.refused",
  "handover.version",
  "outbox.opened",
  "outbox.migrated",
  "outbox.salvaged",
  "outbox.write_failed",
  "outbox.recovered",
  "outbox.dropped",
  "outbox.ballast_released",
  "outbox.ballast_restored",
  "uplink.connecting",
  "uplink.connected",
  "uplink.lost",
  "uplink.waiting",
  "uplink.refused",
  "uplink.held",
  "uplink.no_subscriber",
  "uplink.row_denied",
  "uplink.ack_unknown",
  "config.last_good",
  "update.step",
  "update.kept",
  "update.not_kept",
  "control.refused",
  "command.done",
  "command.refused",
  "receive.connected",
  "receive.subscribed",
  "receive.lost",
  "receive.ack_failed",
  "receive.republish_waiting",
  "receive.forgot",
  "receive.keys_read",
  "receive.keys_kept",
] as const;
export type LogEvent = (typeof LOG_EVENTS)[number];

/** Fields of a log line: small, and no function of passages. */
export type LogFields = Readonly<{
  [name: string]: string | number | boolean | null | undefined;
  code?: ErrorCode;
}>;

/** info: a change of state; warn: degraded, and why; error: a person must act. */
export interface Log {
  debug(event: LogEvent, fields?: LogFields): void;
  info(event: LogEvent, fields?: LogFields): void;
  warn(event: LogEvent, fields?: LogFields): void;
  error(event: LogEvent, fields?: LogFields): void;
}

/** Says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
