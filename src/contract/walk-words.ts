/** What the gateway tells of walk tests. Imports nothing: the model is made of it. */

/** What a walk test found. `good` stands alone; the rest may come together. */
export const WALK_VERDICTS = [
  "good",
  "nothing",
  "missed",
  "doubled",
  "extra",
  "mirrored",
  "one_way",
] as const;
export type WalkVerdict = (typeof WALK_VERDICTS)[number];

/** How a walk test ended: only one that was finished has a verdict. */
export const WALK_ENDS = ["finished", "hung_up", "time_over", "restarted"] as const;
export type WalkEnd = (typeof WALK_ENDS)[number];

export type WalkEvent =
  /** Somebody at the gateway begins to look at live exact counts of one line; kept before the first count is shown. */
  | {
      readonly kind: "walk_test";
      readonly sensor: string;
      readonly line: string;
      readonly operator: string;
      readonly reason: string;
      /** When it is over at the latest, ms since the Unix epoch. */
      readonly untilMs: number;
    }
  /** A walk test is over; `record` is the signed commissioning record (walk-test.ts). */
  | {
      readonly kind: "commissioning";
      readonly sensor: string;
      readonly line: string;
      readonly how: WalkEnd;
      readonly verdict: readonly WalkVerdict[];
      readonly record: string;
    };
