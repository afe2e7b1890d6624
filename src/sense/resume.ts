import { z } from "zod";
import { type RandomBytes, randomEpoch } from "../base/random.ts";
import { bytesShown, personText } from "../contract/walk-test.ts";
import { gatewayEvent } from "../handover/protocol.ts";
import { CROWD_LEVELS } from "../model.ts";
import type { WindowSnapshot } from "./count/tally.ts";
import type { DerivationSnapshot } from "./derive/derivation.ts";
import type { LabelsSnapshot } from "./labels.ts";
import type { StartGapSnapshot } from "./start-gap.ts";
import type { TotalsSnapshot } from "./totals-keeper.ts";
import type { Numbering } from "./unsealed.ts";
import type { WalkFacts } from "./walk-tap.ts";

/**
 * The fast half of the crash copy. Checked on reading: a copy that does not fit is discarded and declared,
 * never trusted. `version` rises when its shape changes.
 */
const ms = z.number();
const whole = z.int().min(0);
const counts = { in: whole, out: whole, gauge: z.unknown() };
const tally = z.strictObject({
  ...counts,
  classes: z.record(z.string(), z.strictObject(counts)).optional(),
  coveredMs: z.number().min(0),
  stretchedMs: z.number().min(0),
  flags: z.array(z.string()),
  sinceMs: ms.nullable().optional(),
});
const crowdLevel = z.enum(CROWD_LEVELS);
const levelState = z.strictObject({
  level: crowdLevel.nullable(),
  leaning: z.strictObject({ way: z.enum(["rise", "fall"]), windows: whole, to: crowdLevel }).nullable(),
});
const crashState = z.strictObject({
  version: z.literal(4),
  bootId: z.string(),
  settings: z.string(),
  savedAtMs: ms,
  labels: z.strictObject({ offsetMs: ms, labelledMs: ms, atLeastMs: ms.nullable(), beganAtMs: ms }),
  startGap: z.strictObject({ starts: z.array(z.tuple([whole, ms])), declared: z.boolean() }),
  epoch: z.string().regex(/^[0-9a-z]{16}$/),
  nextSeq: whole,
  nextEvent: whole,
  lastSealed: z.record(z.string(), ms),
  everSynced: z.boolean(),
  windows: z.strictObject({
    ends: z.array(z.tuple([whole, whole])),
    tallies: z.array(z.tuple([z.string(), tally])),
    pending: z.array(whole),
  }),
  totals: z.strictObject({
    known: z.boolean(),
    channels: z.array(z.tuple([z.string(), z.unknown()])),
    held: z.array(z.tuple([z.string(), z.unknown()])),
  }),
  levels: z.array(z.tuple([z.string(), levelState])),
  events: z.array(z.strictObject({ number: whole, atMs: ms, event: gatewayEvent })),
  walk: z
    .strictObject({
      sensor: z.string(),
      line: z.string(),
      operator: personText,
      reason: personText,
      bytes: bytesShown,
      beganMs: ms,
    })
    .exactOptional(),
});

/** What sense goes on with after its own death, as plain data. */
export interface CrashState {
  readonly version: 4;
  readonly bootId: string;
  /** Names the outputs and privacy settings the open windows belong to. */
  readonly settings: string;
  /** Monotonic ms of the last write: until then the sensors were watched. */
  readonly savedAtMs: number;
  readonly labels: LabelsSnapshot;
  readonly startGap: StartGapSnapshot;
  readonly epoch: string;
  readonly nextSeq: number;
  readonly nextEvent: number;
  readonly lastSealed: Numbering["lastSealed"];
  readonly everSynced: boolean;
  readonly windows: WindowSnapshot;
  readonly totals: TotalsSnapshot;
  /** What crowd levels remember: from noised numbers only. */
  readonly levels: DerivationSnapshot;
  readonly events: readonly { number: number; atMs: number; event: z.output<typeof gatewayEvent> }[];
  /** A walk test whose end is not told yet. */
  readonly walk?: WalkFacts;
}

/** Why a crash copy is not used. */
export type NotResumed = "absent" | "damaged" | "other_boot";

/** Judges a crash copy: usable only whole, of this version and of this boot (monotonic times of another boot mean nothing). */
export function judgeCrashState(value: unknown, bootId: string): CrashState | NotResumed {
  if (value === undefined) return "absent";
  const result = crashState.safeParse(value);
  if (!result.success) return "damaged";
  if (result.data.bootId !== bootId) return "other_boot";
  return result.data as CrashState;
}

/** The numbering of a sense that starts without a valid crash copy. */
export function freshNumbers(random: RandomBytes): Numbering {
  return { epoch: randomEpoch(random), nextSeq: 0, lastSealed: {}, everSynced: false };
}

/** The numbering of a sense that goes on. */
export function numbersOf({ epoch, nextSeq, lastSealed, everSynced }: CrashState): Numbering {
  return { epoch, nextSeq, lastSealed, everSynced };
}
