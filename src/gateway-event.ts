/** What the gateway may declare about itself, and the words it does so in. */

/** Why numbers or windows are missing. Loss is data. */
export const GAP_REASONS = [
  "disk_full",
  "max_age",
  "max_bytes",
  "corrupt_rows",
  "power_cut",
  "stopped",
  "config",
  "clock_unknown",
  "no_city_key",
  "handover_full",
  "line_overflow",
] as const;
export type GapReason = (typeof GAP_REASONS)[number];

/** What can be wrong with the machine itself. */
export const PLATFORM_ALARMS = [
  "under_voltage",
  "throttled",
  "hot",
  "card_errors",
  "card_worn",
  "read_only",
  "disk_full",
] as const;
export type PlatformAlarm = (typeof PLATFORM_ALARMS)[number];

/** What a contact of the gateway watches. It is about the gateway and its cabinet, never about passages. */
export const CONTACT_USES = ["door", "tamper", "water", "power-fail"] as const;
export type ContactUse = (typeof CONTACT_USES)[number];

/** `unknown`: it cannot be seen here, which is not the same as good. */
export type AlarmCondition = "ok" | "alarm" | "unknown";

/** What the city may ask of a gateway from afar: nothing that shows a reading or changes a setting (P17). */
export const COMMANDS = ["health", "privacy", "restart", "doctor"] as const;
export type CommandName = (typeof COMMANDS)[number];

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
      /** Whether what goes over the sensor's line is shown too; absent: told by software that does not say. */
      readonly bytes?: boolean;
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

/** Windows of one length that are missing: [from, to) in ms since the Unix epoch. */
export interface WindowRange {
  readonly seconds: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the gateway itself declares; never caused by a count. Times in ms since the Unix epoch. */
export type GatewayEvent =
  | {
      readonly kind: "gap";
      readonly reason: GapReason;
      /** Message numbers that will never come. */
      readonly numbers?: { readonly epoch: string; readonly ranges: readonly (readonly [number, number])[] };
      readonly windows?: readonly WindowRange[];
    }
  | {
      readonly kind: "epoch";
      readonly new: string;
      readonly previous: string | null;
      readonly lastSeqKept: number | null;
    }
  | { readonly kind: "clock_step"; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: "platform"; readonly what: PlatformAlarm; readonly state: "raised" | "cleared" }
  | {
      readonly kind: "contact";
      readonly id: string;
      readonly use: ContactUse;
      readonly state: "raised" | "cleared";
    }
  | {
      readonly kind: "key";
      readonly change: "new_set" | "expiring" | "expired" | "none_usable" | "refused";
      /** Of the key set in use; of the refused one where it could be verified, else null. */
      readonly version: number | null;
      /** With `expiring`: the last city key expires within so many days; with `expired`: sealing stops within so many. */
      readonly withinDays?: number;
    }
  | WalkEvent
  | {
      readonly kind: "command";
      /** null: there is no such command. What was written instead is kept nowhere. */
      readonly name: CommandName | null;
      readonly outcome: "done" | "refused";
      readonly code: string | null;
      /** MQTT 5 correlation data of the asking, base64url; null when there was none. */
      readonly correlation: string | null;
    }
  | {
      readonly kind: "conflict";
      readonly what: "same_number_other_bytes" | "window_not_later";
      readonly epoch: string;
      readonly seq: number;
    };
