/** How often, how long and how soon again somebody may see live exact counts (P15). */

/** A walk test ends by itself after this long. */
export const WALK_TEST_MS = 15 * 60_000;
/** From the start of one to the start of the next. */
export const WALK_TEST_APART_MS = 30 * 60_000;
export const WALK_TESTS_A_DAY = 4;
const DAY_MS = 86_400_000;

/** One walk test that was begun, by both clocks. */
export interface WalkUse {
  /** ms since the Unix epoch, as the clock said then. */
  readonly atMs: number;
  /** ms since that boot. */
  readonly monotonicMs: number;
  readonly bootId: string;
}

export const WALK_ANSWERS = ["granted", "too_soon", "too_many"] as const;
export type WalkAnswer = (typeof WALK_ANSWERS)[number];

/** Judges whether another may begin now. @param uses the earlier ones, at least those of the last day */
export function mayWalk(uses: readonly WalkUse[], now: WalkUse): WalkAnswer {
  const ages = uses.map((use) => ageMs(use, now));
  if (ages.some((age) => age < WALK_TEST_APART_MS)) return "too_soon";
  return ages.filter((age) => age < DAY_MS).length >= WALK_TESTS_A_DAY ? "too_many" : "granted";
}

/** The uses that can still forbid another. */
export function usesThatCount(uses: readonly WalkUse[], now: WalkUse): WalkUse[] {
  return uses.filter((use) => ageMs(use, now) < DAY_MS).slice(-WALK_TESTS_A_DAY);
}

/**
 * How long ago it began. Within a boot the wall clock is not asked, so that stepping it frees nothing; of another boot
 * there is only the wall clock. One that went back, such as on a board that wakes in another year, makes nothing older.
 */
function ageMs(use: WalkUse, now: WalkUse): number {
  if (use.bootId === now.bootId) return now.monotonicMs - use.monotonicMs;
  return Math.max(0, now.atMs - use.atMs);
}
