import type { Clock } from "../base/clock.ts";
import { REFUSALS } from "./open.ts";

/** Why something that came in was refused: a closed list. Those of a sealed message itself are the refusals of `open.ts`. */
export const ALARM_REASONS = [
  ...REFUSALS,
  "not_telpost",
  "same_number_other_bytes",
  "window_conflict",
  "not_event",
  "not_status",
  "not_health",
  "not_privacy",
  "not_walk_record",
] as const;
export type AlarmReason = (typeof ALARM_REASONS)[number];

/** Something came in that must not be believed. It was not handed on, not marked as seen and not acknowledged to the gateway. */
export interface Alarm {
  readonly reason: AlarmReason;
  /** `tenant/site/gateway` of the topic it came on; null when the topic names none. */
  readonly gateway: string | null;
  /** Number of the message, when it could be opened. */
  readonly epoch?: string;
  readonly seq?: number;
  /** Alarms of this reason that were counted and not told since the last one told. */
  readonly suppressed?: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
  suppressed: number;
}

const BURST = 10;
const REFILL_MS = 10_000;

/** Lets at most ten alarms of a reason through at once and one every ten seconds after that; the rest is counted. */
export class AlarmLimiter {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #buckets = new Map<AlarmReason, Bucket>();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** The alarm to tell, with how many were not told before it; null when this one is only counted. */
  admit(alarm: Alarm): Alarm | null {
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(alarm.reason) ?? { tokens: BURST, atMs: now, suppressed: 0 };
    this.#buckets.set(alarm.reason, bucket);
    bucket.tokens = Math.min(BURST, bucket.tokens + (now - bucket.atMs) / REFILL_MS);
    bucket.atMs = now;
    if (bucket.tokens < 1) {
      bucket.suppressed++;
      return null;
    }
    bucket.tokens--;
    const { suppressed } = bucket;
    bucket.suppressed = 0;
    return suppressed > 0 ? { ...alarm, suppressed } : alarm;
  }
}
