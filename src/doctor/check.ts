import type { ErrorCode } from "../base/errors.ts";
import type { Config } from "../config/schema.ts";
import type { DoctorState } from "../contract/doctor-report.ts";
import type { ForwardStatus } from "../forward/compose.ts";
import type { ContactState, LightState, SensorState } from "../model.ts";
import type { Machine } from "./machine.ts";

/** The configuration of this gateway, as far as it could be read. */
export interface Configuration {
  readonly file: string;
  /** Paths in the configuration are relative to this folder. */
  readonly folder: string;
  /** Null when it cannot be read or has problems. */
  readonly config: Config | null;
  readonly hash: string | null;
  /** config.unreadable or config.invalid; null when it is good. */
  readonly code: ErrorCode | null;
  /** Its problems, one line each; or why it cannot be read. */
  readonly problems: readonly string[];
}

/** What is known of sense: what forward knows, or what the control socket says. */
export interface SenseView {
  readonly clockSynced: boolean;
  /** Until when there are valid city keys, ms since the Unix epoch; null when none is usable. */
  readonly cityKeyUntilMs: number | null;
  readonly sensors: readonly SensorState[];
  readonly contacts: readonly ContactState[];
  /** Absent where only sense itself could tell. */
  readonly light?: LightState | null;
  readonly version?: string;
  readonly configHash?: string;
  readonly instead?: string | null;
  readonly handover?: "connected" | "absent";
}

/** The answer of one process: what it says, or why it says nothing. */
export type Answer<T> =
  | { readonly answers: true; readonly status: T }
  | { readonly answers: false; readonly code: "usage.not_running" | "control.denied" };

/** What of forward's status is looked at. */
export type ForwardView = Pick<
  ForwardStatus,
  "version" | "configHash" | "instead" | "storage" | "outbox" | "uplink" | "sense"
>;

/** Whom the doctor examines. Everything is handed in, so that forward can have itself examined, too. */
export interface Patient {
  readonly configuration: Configuration;
  /** Folders of the sockets, of the crash copy and of the outbox. */
  readonly places: { readonly runtime: string; readonly crash: string; readonly state: string };
  readonly sense: Answer<SenseView>;
  readonly forward: Answer<ForwardView>;
  /** Codes of trials that did not end well, with why; see `telpost update --status`. */
  readonly trials: readonly { readonly code: ErrorCode; readonly why: string }[];
  /** `$CREDENTIALS_DIRECTORY` of the unit. */
  readonly credentialsDirectory?: string | undefined;
}

/** What a check works with. */
export interface Subject extends Patient {
  readonly machine: Machine;
  /** Aborted when the time of the check is up: what it holds open must be let go. */
  readonly signal: AbortSignal;
}

/** What a judge says. `what` and `cure` come from the error table by the code, unless they are said here. */
export interface Judgement {
  readonly state: DoctorState;
  readonly code?: ErrorCode;
  readonly subject?: string;
  readonly what?: string;
  /** What exactly was met. Never a count, a frame or a secret. */
  readonly why: string;
  readonly cure?: string;
  /** What stands in the hint of the table for words such as FILE. */
  readonly fill?: Readonly<Record<string, string>>;
}

/** One thing that is looked at. */
export interface Check {
  readonly id: string;
  /** Ids of checks without which this one says nothing: when one of them failed, it is not judged. */
  readonly needs: readonly string[];
  readonly timeoutMs: number;
  /** What it says when its time is up: a code when that is the finding, else it is not known. */
  readonly late?: ErrorCode;
  /** Forward can make it by itself, so that the city may ask for it. */
  readonly remote: boolean;
  run(subject: Subject): Promise<readonly Judgement[]>;
}

interface CheckParts<Facts> extends Partial<Omit<Check, "id" | "run">> {
  /** Looks, and never decides. */
  readonly observe: (subject: Subject) => Facts | Promise<Facts>;
  /** Decides, and never looks: pure. */
  readonly judge: (facts: Facts, patient: Patient) => readonly Judgement[];
}

/** At most so long for each check. */
export const CHECK_MS = 3_000;

/** A check out of its two halves. */
export function check<Facts>(id: string, { observe, judge, ...parts }: CheckParts<Facts>): Check {
  const run = async (subject: Subject) => judge(await observe(subject), subject);
  return { id, needs: [], timeoutMs: CHECK_MS, remote: false, ...parts, run };
}

/** What the status light is called in findings. */
export const LIGHT = "status light";

export const good = (why: string, subject?: string): Judgement => ({
  state: "ok",
  why,
  ...(subject !== undefined && { subject }),
});
export const notKnown = (why: string, more: Partial<Judgement> = {}): Judgement => ({
  state: "unknown",
  why,
  ...more,
});
export const failed = (code: ErrorCode, why: string, more: Partial<Judgement> = {}): Judgement => ({
  state: "failed",
  code,
  why,
  ...more,
});
export const warning = (code: ErrorCode, why: string, more: Partial<Judgement> = {}): Judgement => ({
  state: "warning",
  code,
  why,
  ...more,
});
