import type { ErrorCode } from "../../base/errors.ts";

/** Why a topic is slowed down: one message tries at a time, the others stay in the outbox. */
export type SlowReason = "no_subscriber" | "denied" | "quota" | "rejected";

export type Judgement = "proven" | "await_city" | "set_aside" | Exclude<SlowReason, "rejected">;

/**
 * What a PUBACK says (MQTT 5, table 3-4; on MQTT 3.1.1 the code is always 0).
 * With `ack: city` the broker's word opens the way but proves nothing.
 */
export function judge(reasonCode: number, proof: "broker" | "city"): Judgement {
  if (reasonCode === 0x00) return proof === "broker" ? "proven" : "await_city";
  if (reasonCode === 0x10) return "no_subscriber";
  if (reasonCode === 0x87) return "denied";
  if (reasonCode === 0x97) return "quota";
  return "set_aside";
}

const PACE: { readonly [reason in SlowReason]: { readonly firstMs: number; readonly maxMs: number } } = {
  no_subscriber: { firstMs: 10_000, maxMs: 10_000 },
  denied: { firstMs: 10_000, maxMs: 600_000 },
  quota: { firstMs: 1_000, maxMs: 60_000 },
  rejected: { firstMs: 60_000, maxMs: 3_600_000 },
};

/** Wait before the next message tries this topic. @param failures tries that failed before, from 0 */
export function probeWaitMs(reason: SlowReason, failures: number): number {
  const { firstMs, maxMs } = PACE[reason];
  return Math.min(maxMs, firstMs * 2 ** Math.min(failures, 20));
}

/** The line of the error table for a slowed topic. */
export function slowCode(reason: SlowReason): ErrorCode {
  if (reason === "no_subscriber") return "broker.no_subscriber";
  return reason === "denied" ? "broker.denied" : "broker.rejected";
}
