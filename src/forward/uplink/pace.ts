import { createHash } from "node:crypto";
import type { Row } from "../ports.ts";

/** A live sealed message goes out this long after its windows closed, plus the gateway's own offset. */
const LIVE_DELAY_MS = 250;
const OFFSET_BELOW_MS = 1001;

/** 0 to 1000 ms, fixed for a gateway and spread over a fleet. @param name `<tenant>/<site>/<gateway>` */
export function gatewayOffsetMs(name: string): number {
  return createHash("sha256").update(name).digest().readUInt32BE(0) % OFFSET_BELOW_MS;
}

/**
 * Wait before a live row may go out. Sealed messages leave at a fixed time after the close, so that the time of sending
 * tells nothing about the work done (P7); what is already older goes at once. A step of the clock never adds more than the delay.
 */
export function dueInMs(row: Row, nowMs: number, offsetMs: number): number {
  if (row.stream !== "sealed") return 0;
  const delayMs = LIVE_DELAY_MS + offsetMs;
  return Math.min(delayMs, Math.max(0, row.atMs + delayMs - nowMs));
}

/** Seconds until the backlog is delivered at this pace; null while something is in the way of delivery. */
export function drainSeconds(backlog: number, perSecond: number, inTheWay: string | null): number | null {
  return inTheWay === null ? Math.ceil(backlog / perSecond) : null;
}

/** Rest of a row's life in whole seconds, 0 when it is over. A clock that is not set judges nothing. */
export function expirySeconds(row: Row, nowMs: number, maxAgeMs: number, clockSynced: boolean): number {
  const ageMs = clockSynced ? Math.max(0, nowMs - row.atMs) : 0;
  return Math.max(0, Math.floor((maxAgeMs - ageMs) / 1000));
}

/** A token bucket: a value, and functions that give the next one. */
export interface Bucket {
  readonly tokens: number;
  /** Monotonic ms at which `tokens` was right. */
  readonly atMs: number;
}

/** Holds at most a fifth of a second's worth, at least one. */
function capacity(perSecond: number): number {
  return Math.max(1, perSecond / 5);
}

export function fullBucket(atMs: number, perSecond: number): Bucket {
  return { tokens: capacity(perSecond), atMs };
}

export function refill({ tokens, atMs }: Bucket, nowMs: number, perSecond: number): Bucket {
  const grown = tokens + (Math.max(0, nowMs - atMs) * perSecond) / 1000;
  return { tokens: Math.min(capacity(perSecond), grown), atMs: nowMs };
}

/** When the next whole token is there, monotonic ms. Rounded up, so that the wait is never a hair too short. */
export function nextTokenAtMs({ tokens, atMs }: Bucket, perSecond: number): number {
  return tokens >= 1 ? atMs : Math.ceil(atMs + ((1 - tokens) * 1000) / perSecond);
}
