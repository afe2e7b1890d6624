/** How an alarm is raised and cleared. What flaps faster than `clearAfterMs` stays raised, so that it is told seldom. */
export interface AlarmRule {
  /** It has to be seen for so long; 0: at first sight. */
  readonly raiseAfterMs: number;
  /** It has to be gone for so long. */
  readonly clearAfterMs: number;
}

export interface AlarmState {
  /** What was told last; null: nothing since the start. */
  readonly raised: boolean | null;
  /** What is seen instead, and since when (monotonic ms); null: as it was told. */
  readonly other: { readonly seen: boolean; readonly sinceMs: number } | null;
}

/** At the start. How it stands is told in any case, so that nobody goes on believing what was told before the start. */
export const untoldAlarm: AlarmState = { raised: null, other: null };

/** Takes what is seen now; `news` is what has to be told of it. */
export function stepAlarm(
  { raised, other }: AlarmState,
  seen: boolean,
  nowMs: number,
  rule: AlarmRule,
): { readonly state: AlarmState; readonly news: "raised" | "cleared" | null } {
  if (seen === raised) return { state: { raised, other: null }, news: null };
  const sinceMs = other?.seen === seen ? other.sinceMs : nowMs;
  const waitMs = seen ? rule.raiseAfterMs : rule.clearAfterMs;
  if (nowMs - sinceMs < waitMs) return { state: { raised, other: { seen, sinceMs } }, news: null };
  return { state: { raised: seen, other: null }, news: seen ? "raised" : "cleared" };
}

/** When it will have been seen for long enough (monotonic ms), or null. */
export function alarmDueMs({ other }: AlarmState, rule: AlarmRule): number | null {
  if (other === null) return null;
  return other.sinceMs + (other.seen ? rule.raiseAfterMs : rule.clearAfterMs);
}
