import { z } from "zod";
import {
  type AlarmCondition,
  type ContactState,
  PLATFORM_ALARMS,
  type PlatformAlarm,
  type SensorState,
} from "../model.ts";

const count = z.int().min(0);

const sensor = z.object({
  id: z.string().regex(/^[a-z0-9-]{1,32}$/),
  profile: z.string().max(32),
  link: z.enum(["up", "down", "fault"]),
  /** A day's bucket of errors. */
  errors: z.enum(["none", "some", "many"]),
  code: z.string().max(64).optional(),
  /** No frame of a real device stands behind the profile: compare with a hand count. */
  experimental: z.literal(true).optional(),
});

const word = z.string().regex(/^[a-z0-9_-]{1,64}$/);
const condition = z.enum(["ok", "alarm", "unknown"]);
const contact = z.object({
  id: z.string().regex(/^[a-z0-9-]{1,32}$/),
  use: word,
  condition,
  code: z.string().max(64).optional(),
});

const eachAlarm = Object.fromEntries(PLATFORM_ALARMS.map((alarm) => [alarm, condition]));
const platform = z.object(eachAlarm as Record<PlatformAlarm, typeof condition>);

/** What the rest of the gateway knows for a health message: no function of counts (P9). */
export interface Health {
  readonly uptimeSeconds: number;
  readonly sensors: readonly SensorState[];
  /** Until when there are valid city keys, ms since the Unix epoch; null when none is usable or sense is away. */
  readonly cityKeyUntilMs?: number | null;
  /** Absent where nobody looks. */
  readonly contacts?: readonly ContactState[];
  readonly platform?: Readonly<Record<PlatformAlarm, AlarmCondition>>;
  /** Error code of the table while the gateway does not run with the configuration it was given. */
  readonly configuration?: string;
}

/** The message on `health`: every five minutes while connected, never kept for later. Readers accept unknown keys. */
export const health = z.object({
  schema: z.literal("telpost/health/1"),
  uptimeSeconds: count,
  sensors: z.array(sensor).max(256),
  /** Contacts of the cabinet and the supply. */
  contacts: z.array(contact).max(16).optional(),
  /** How the machine itself is, by what can be wrong with it; `unknown`: it cannot be seen here. */
  platform: platform.optional(),
  /** RFC 3339, UTC. */
  at: z.iso.datetime(),
  bootId: z.string().min(1).max(64),
  connection: count,
  clockSynced: z.boolean(),
  /**
   * Whole days until the last city key expires: negative while an expired one serves (for 90 days), null while none is
   * usable or the clock is not set.
   */
  cityKeyDays: z.int().nullable().optional(),
  /** Error code of the table while delivery is degraded, such as broker.no_subscriber. */
  delivery: z.string().max(64).nullable(),
  /** Messages (not people) that wait, the age of the oldest in seconds, and the last proof of delivery. */
  queued: count,
  oldestSeconds: count.nullable(),
  lastProof: z.iso.datetime().nullable(),
  /** Seconds until the backlog is delivered at the configured pace; null while nothing is delivered. */
  drainSeconds: count.nullable(),
  /** Error code of the table while the outbox cannot keep everything, such as outbox.full. */
  storage: z.string().max(64).nullable(),
  /** Error code of the table, config.last_good, while the gateway does not run with the configuration it was given. */
  configuration: z.string().max(64).exactOptional(),
});
export type HealthMessage = z.infer<typeof health>;
