import type { LaterEvent, ReadEventMessage } from "../contract/event.ts";
import type { HealthMessage } from "../contract/health.ts";
import type { PrivacyReport } from "../contract/privacy-report.ts";
import type { Status } from "../contract/status.ts";
import type { ReadWindowsMessage } from "../contract/windows.ts";
import type { Alarm } from "./alarms.ts";
import type { GapOutput } from "./gaps.ts";

/** What is known of a message beside its content. */
export interface MessageMeta {
  /** `tenant/site/gateway` */
  readonly gateway: string;
  readonly epoch: string;
  readonly seq: number;
}

export interface WindowsMeta extends MessageMeta {
  /** The closing instant of all windows in the message, ms since the Unix epoch. */
  readonly endMs: number;
  /** A later message of this epoch was handled before: it belongs to a backlog. */
  readonly receivedLate: boolean;
}

type Done = void | Promise<void>;

/**
 * What the caller does with what was received. A message counts as handled when its handler resolved; when a handler
 * throws or rejects, the message is delivered again later. So a handler may see a message twice when the process died
 * between its work and the mark: make its effect the same, keyed by gateway, sensor, kind, end and seconds.
 */
export interface ReaderHandlers {
  /** A sealed message, verified and opened. `records` holds only windows never handed on before. */
  readonly onWindow: (windows: ReadWindowsMessage, meta: WindowsMeta) => Done;
  /** What a gateway declared about itself. The signed record inside `commissioning` was verified; `openWalkRecord` reads it. */
  readonly onEvent?: (event: ReadEventMessage, meta: MessageMeta) => Done;
  /** The same, of a kind that only a later version knows. */
  readonly onLaterEvent?: (event: LaterEvent, meta: MessageMeta) => Done;
  /** Something is missing, or is no longer. */
  readonly onGap?: (gap: GapOutput) => Done;
  /** Birth or death of a gateway; stale deaths and repetitions are dropped before. */
  readonly onStatus?: (status: Status, meta: { readonly gateway: string }) => Done;
  readonly onHealth?: (health: HealthMessage, meta: { readonly gateway: string }) => Done;
  /** The privacy report of a gateway, signed by it; the same one again is dropped before. */
  readonly onPrivacy?: (report: PrivacyReport, meta: { readonly gateway: string }) => Done;
  /** Something was refused. At most ten of a reason at once and one every ten seconds after that. */
  readonly onAlarm?: (alarm: Alarm) => Done;
}
