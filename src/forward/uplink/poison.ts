/** Finds the message that kills connections, from nothing but which messages were in flight when one died. */
export interface Suspicion {
  /** The oldest message in flight at the last death. */
  readonly oldestId: number | null;
  /** Deaths in a row with that one the oldest. */
  readonly deaths: number;
  /** While above 0 messages go one at a time; each answer takes one off. */
  readonly probation: number;
  /** Messages set aside since the last proof. */
  readonly convictions: number;
}

export const NO_SUSPICION: Suspicion = { oldestId: null, deaths: 0, probation: 0, convictions: 0 };

const DEATHS_BEFORE_PROBATION = 3;
/** So many messages in a row cannot all be poison: it is the broker. */
const MOST_CONVICTIONS = 3;

export interface DeathOutcome {
  readonly suspicion: Suspicion;
  /** To be set aside: it was alone when the connection died. */
  readonly convicted: number | null;
  /** Everything set aside by deaths goes back into the queue. */
  readonly amnesty: boolean;
}

/** A connection died with these row ids in flight. */
export function afterDeath(before: Suspicion, inFlight: readonly number[]): DeathOutcome {
  const [oldestId] = [...inFlight].sort((a, b) => a - b);
  if (oldestId === undefined) return { suspicion: before, convicted: null, amnesty: false };
  if (before.probation > 0 && inFlight.length === 1) return convict(before, oldestId);
  const deaths = oldestId === before.oldestId ? before.deaths + 1 : 1;
  const probation = deaths >= DEATHS_BEFORE_PROBATION ? inFlight.length : before.probation;
  return { suspicion: { ...before, oldestId, deaths, probation }, convicted: null, amnesty: false };
}

function convict({ convictions }: Suspicion, id: number): DeathOutcome {
  if (convictions >= MOST_CONVICTIONS) return { suspicion: NO_SUSPICION, convicted: null, amnesty: true };
  const suspicion = { ...NO_SUSPICION, convictions: convictions + 1 };
  return { suspicion, convicted: id, amnesty: false };
}

/** The broker answered a message. @param proven the answer was 0x00 */
export function afterAnswer(before: Suspicion, proven: boolean): Suspicion {
  if (before.probation === 0 && (before.convictions === 0 || !proven)) return before;
  const probation = Math.max(0, before.probation - 1);
  return { ...before, probation, convictions: proven ? 0 : before.convictions };
}
