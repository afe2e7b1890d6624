import { type AlarmRule, type AlarmState, stepAlarm, untoldAlarm } from "../../base/alarm.ts";
import type { ErrorCode } from "../../base/errors.ts";
import { type AlarmCondition, PLATFORM_ALARMS, type PlatformAlarm } from "../../model.ts";
import type { PlatformFiles } from "./files.ts";

/** What is known of the machine: its files, and what the outbox has met. */
export interface PlatformReading extends PlatformFiles {
  /** What is wrong with the storage, as the outbox says. */
  readonly storage: ErrorCode | null;
}

/** How each alarm stands; `null`: it cannot be seen here. */
export type PlatformState = Readonly<Record<PlatformAlarm, AlarmState | null>>;

export interface PlatformChange {
  readonly what: PlatformAlarm;
  readonly state: "raised" | "cleared";
}

const MINUTE_MS = 60_000;
/** Told at first sight; what comes and goes stays raised until it was gone for half an hour: at most 48 times a day. */
const AT_ONCE: AlarmRule = { raiseAfterMs: 0, clearAfterMs: 30 * MINUTE_MS };
const RULES: Readonly<Record<PlatformAlarm, AlarmRule>> = {
  under_voltage: AT_ONCE,
  throttled: { ...AT_ONCE, raiseAfterMs: MINUTE_MS },
  hot: { ...AT_ONCE, raiseAfterMs: MINUTE_MS },
  card_errors: AT_ONCE,
  card_worn: AT_ONCE,
  read_only: AT_ONCE,
  disk_full: AT_ONCE,
};

/** A Raspberry Pi slows down at 80 degrees, others at 85 and above. */
const HOT_CELSIUS = 80;
const COOL_CELSIUS = 70;

/** What to do about each, by its code. */
export const PLATFORM_CODES = {
  under_voltage: "platform.under_voltage",
  throttled: "platform.throttled",
  hot: "platform.hot",
  card_errors: "platform.card_errors",
  card_worn: "platform.card_worn",
  read_only: "platform.read_only",
  disk_full: "platform.disk_full",
} as const satisfies Readonly<Record<PlatformAlarm, ErrorCode>>;

export const nothingKnown: PlatformState = fromAlarms(() => null);

/** Takes one reading. What is not known now, but was, stays as it was told. @param nowMs monotonic ms */
export function judgePlatform(
  before: PlatformState,
  reading: PlatformReading,
  nowMs: number,
): { readonly state: PlatformState; readonly changes: readonly PlatformChange[] } {
  const changes: PlatformChange[] = [];
  const state = fromAlarms((what) => {
    const known = before[what];
    const seen = isSeen(what, reading, known?.raised ?? false);
    if (seen === undefined) return known;
    const step = stepAlarm(known ?? untoldAlarm, seen, nowMs, RULES[what]);
    if (step.news) changes.push({ what, state: step.news });
    return step.state;
  });
  return { state, changes };
}

/** What may be shown of it. */
export function conditionsOf(state: PlatformState): Record<PlatformAlarm, AlarmCondition> {
  return fromAlarms((what) => {
    const alarm = state[what];
    return alarm ? (alarm.raised ? "alarm" : "ok") : "unknown";
  });
}

function isSeen(what: PlatformAlarm, reading: PlatformReading, wasRaised: boolean): boolean | undefined {
  const { underVoltage, throttled, celsius, cardErrors, cardWorn, readOnly, storage } = reading;
  switch (what) {
    case "under_voltage":
      return underVoltage;
    case "throttled":
      return throttled;
    case "hot":
      return celsius === undefined ? undefined : celsius >= (wasRaised ? COOL_CELSIUS : HOT_CELSIUS);
    case "card_errors":
      return cardErrors;
    case "card_worn":
      return cardWorn;
    case "read_only":
      return storage === "outbox.read_only" ? true : readOnly;
    case "disk_full":
      return storage === "outbox.full";
  }
}

function fromAlarms<T>(of: (what: PlatformAlarm) => T): Record<PlatformAlarm, T> {
  return Object.fromEntries(PLATFORM_ALARMS.map((what) => [what, of(what)])) as Record<PlatformAlarm, T>;
}
