/** How an alarm is raised and cleared. What flaps faster than `clearAfterMs` stays raised, so that it is told seldom. */
export interface AlarmRule {
  /** It has to be seen for so long; 0: at first sight. */
  readonly raiseAfterMs: number;
  /** It has to be gone for so long. */
  readonly clearAfterMs: number;
}

export interface AlarmState {
  /** What was told last. */
  readonly raised: boolean;
  /** Since when (monotonic ms) the opposite has been seen, or null. */
  readonly otherSinceMs: number | null;
}

export const quietAlarm: AlarmState = { raised: false, otherSinceMs: null };

/** Takes what is seen now; `news` is what changed by it. */
export function stepAlarm(
  { raised, otherSinceMs }: AlarmState,
  seen: boolean,
  nowMs: number,
  rule: AlarmRule,
): { readonly state: AlarmState; readonly news: "raised" | "cleared" | null } {
  if (seen === raised) return { state: { raised, otherSinceMs: null }, news: null };
  const sinceMs = otherSinceMs ?? nowMs;
  const waitMs = seen ? rule.raiseAfterMs : rule.clearAfterMs;
  if (nowMs - sinceMs < waitMs) return { state: { raised, otherSinceMs: sinceMs }, news: null };
  return { state: { raised: seen, otherSinceMs: null }, news: seen ? "raised" : "cleared" };
}

/** When it will have been seen for long enough (monotonic ms), or null. */
export function alarmDueMs({ raised, otherSinceMs }: AlarmState, rule: AlarmRule): number | null {
  if (otherSinceMs === null) return null;
  return otherSinceMs + (raised ? rule.clearAfterMs : rule.raiseAfterMs);
}
