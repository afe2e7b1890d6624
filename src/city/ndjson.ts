import { instantText, type LaterEvent, type ReadEventMessage } from "../contract/event.ts";
import type { HealthMessage } from "../contract/health.ts";
import type { PrivacyReport } from "../contract/privacy-report.ts";
import type { RepublishedRecord } from "../contract/record.ts";
import type { Status } from "../contract/status.ts";
import type { ReadRecord, ReadWindowsMessage } from "../contract/windows.ts";
import type { Alarm } from "./alarms.ts";
import type { GapOutput } from "./gaps.ts";
import type { MessageMeta, WindowsMeta } from "./handlers.ts";

/**
 * What `telpost receive` prints: one JSON object a line, told apart by `type`. The keys stand in the order given here,
 * optional ones (?) only when they say something; times are RFC 3339 UTC.
 *
 * record      type gateway end sensor kind seconds covered value quality method of? flags? since? stat? epoch seq receivedLate?
 * event       type gateway epoch seq at kind, then what the kind has
 * gap         type gateway declared reason? numbers? | windows?
 * gap_closed  type gateway numbers? | windows?
 * alarm       type reason gateway epoch? seq? suppressed?
 * status      type gateway state, then the rest of the birth or death
 * health      type gateway at, then the rest of the message
 * privacy     type gateway made, then the rest of the report
 */

/** One record of a sealed message as it is printed and republished, keys in their documented order. */
export function recordObject(
  record: ReadRecord,
  end: string,
  { gateway, epoch, seq, receivedLate }: Omit<WindowsMeta, "endMs">,
): RepublishedRecord {
  const { sensor, seconds, covered, quality, method, flags, since } = record;
  const head = { type: "record", gateway, end, sensor } as const;
  const rest = { ...(flags && { flags }), ...(since !== undefined && { since }) };
  const tail = { epoch, seq, ...(receivedLate && { receivedLate }) };
  const watched = { seconds, covered };
  const how = { quality, method };
  if (record.kind === "level") {
    const { kind, value, of } = record;
    return { ...head, kind, ...watched, value, ...how, of, ...rest, ...tail };
  }
  const of = record.of && { of: record.of };
  if (record.kind === "occupancy") {
    const { kind, value, stat } = record;
    return { ...head, kind, ...watched, value, ...how, ...of, ...rest, stat, ...tail };
  }
  const { kind, value } = record;
  return { ...head, kind, ...watched, value, ...how, ...of, ...rest, ...tail };
}

/** One line for each record of a sealed message. */
export function recordLines({ end, records }: ReadWindowsMessage, meta: WindowsMeta): string[] {
  return records.map((record) => JSON.stringify(recordObject(record, end, meta)));
}

export function eventLine(
  event: ReadEventMessage | LaterEvent,
  { gateway, epoch, seq }: MessageMeta,
): string {
  const { schema: _s, tenant: _t, site: _i, gateway: _g, epoch: _e, seq: _q, at, kind, ...rest } = event;
  return JSON.stringify({ type: "event", gateway, epoch, seq, at, kind, ...rest });
}

export function gapLine(gap: GapOutput): string {
  const { type, gateway } = gap;
  const head = type === "gap" ? { type, gateway, declared: gap.declared } : { type, gateway };
  const reason = type === "gap" && gap.reason !== undefined ? { reason: gap.reason } : {};
  if ("numbers" in gap) return JSON.stringify({ ...head, ...reason, numbers: gap.numbers });
  const windows = gap.windows.map(({ seconds, fromMs, toMs }) => ({
    seconds,
    from: instantText(fromMs),
    to: instantText(toMs),
  }));
  return JSON.stringify({ ...head, ...reason, windows });
}

export function alarmLine({ reason, gateway, epoch, seq, suppressed }: Alarm): string {
  return JSON.stringify({ type: "alarm", reason, gateway, epoch, seq, suppressed });
}

export function statusLine(status: Status, gateway: string): string {
  const { schema: _, state, ...rest } = status;
  return JSON.stringify({ type: "status", gateway, state, ...rest });
}

export function healthLine(health: HealthMessage, gateway: string): string {
  const { schema: _, at, ...rest } = health;
  return JSON.stringify({ type: "health", gateway, at, ...rest });
}

export function privacyLine({ schema: _, made, ...rest }: PrivacyReport, gateway: string): string {
  const { tenant: _t, site: _i, gateway: _g, ...report } = rest;
  return JSON.stringify({ type: "privacy", gateway, made, ...report });
}
