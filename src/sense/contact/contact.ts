import { type AlarmRule, type AlarmState, alarmDueMs, stepAlarm, untoldAlarm } from "../../base/alarm.ts";
import type { ErrorCode } from "../../base/errors.ts";
import type { ContactUse } from "../../model.ts";

/** What is known of one contact from the levels of its line: 1 (after active-low) means that something is wrong. */
export interface Contact {
  /** As it was last known; null before its line was open. */
  readonly level: 0 | 1 | null;
  /** Its line is open. */
  readonly watched: boolean;
  readonly alarm: AlarmState;
}

export const unknownContact: Contact = { level: null, watched: false, alarm: untoldAlarm };

/** What a step of a contact means. */
export interface ContactStep {
  readonly contact: Contact;
  /** To be told. */
  readonly news: "raised" | "cleared" | null;
  /** It became active just now, told or not. */
  readonly acts: boolean;
}

/**
 * Told at once, and cleared only after it was quiet for this long, also after a start: a door that people go in and out
 * of is told once a day and not once a person, so that no contact can count them (P9). Power comes back more plainly.
 */
const RULES: Readonly<Record<ContactUse, AlarmRule>> = {
  door: { raiseAfterMs: 0, clearAfterMs: 600_000 },
  tamper: { raiseAfterMs: 0, clearAfterMs: 600_000 },
  water: { raiseAfterMs: 0, clearAfterMs: 600_000 },
  "power-fail": { raiseAfterMs: 0, clearAfterMs: 60_000 },
};

export const CONTACT_CODES = {
  door: "contact.door",
  tamper: "contact.tamper",
  water: "contact.water",
  "power-fail": "contact.power_fail",
} as const satisfies Readonly<Record<ContactUse, ErrorCode>>;

/** The line of the contact stands at this level now: at an edge, or at the opening. */
export function contactLevel(before: Contact, use: ContactUse, level: 0 | 1, nowMs: number): ContactStep {
  const acts = level === 1 && before.level !== 1;
  return { ...contactTick({ ...before, level, watched: true }, use, nowMs), acts };
}

/** Time passed. A contact whose line is not open stays as it was told last. */
export function contactTick(before: Contact, use: ContactUse, nowMs: number): ContactStep {
  if (!before.watched) return { contact: before, news: null, acts: false };
  const { state: alarm, news } = stepAlarm(before.alarm, before.level === 1, nowMs, RULES[use]);
  return { contact: { ...before, alarm }, news, acts: false };
}

/** Nobody knows its level now, nor how long it has been what it will turn out to be. */
export function contactLost({ level, alarm }: Contact): Contact {
  return { level, watched: false, alarm: { ...alarm, other: null } };
}

/** When to look again (monotonic ms), or null. */
export function contactDueMs({ alarm }: Contact, use: ContactUse): number | null {
  return alarmDueMs(alarm, RULES[use]);
}
