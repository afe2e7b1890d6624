import type { AlarmCondition, ContactUse } from "./gateway-event.ts";
import type { CountedValue, PublishedValue } from "./model/values.ts";

export * from "./gateway-event.ts";
export * from "./model/light.ts";
export * from "./model/reading.ts";
export * from "./model/values.ts";

/** What flows through the gateway, and who may make it: Reading -> Window -> Record -> SealedMessage. */

export type OutputKind = "flow" | "occupancy";
/** Of a record: a level is computed from others. */
export type RecordKind = OutputKind | "level";
export type Method = "counted" | "derived";
export type Statistic = "max" | "mean" | "last";
export type Quality = "ok" | "partial" | "not_measured";
/** Sorted set in a record. Readers accept unknown flags, writers use these only. */
export type Flag =
  | "calibration"
  | "catch_up"
  | "clock_unsynced"
  | "edges_lost"
  | "lab"
  | "sensor_fault"
  | "spike_discarded";

/** One stream of windows: a counting line, a zone or a whole sensor, with an id of its own. */
export interface Output {
  readonly id: string;
  readonly kind: OutputKind;
  readonly method: Method;
  readonly seconds: number;
  /** Only for occupancy. */
  readonly stat?: Statistic;
  /** The fixed set of classes, sorted: every window has the numbers of each. Without it people are not told apart. */
  readonly classes?: readonly string[];
}

/** True counts of a closed window. Only the count and guard stages ever hold one. */
export interface Window {
  readonly output: Output;
  /** ms since the Unix epoch; the window is [end - seconds, end). */
  readonly endMs: number;
  /** Milliseconds in which the sensor was really watching. */
  readonly coveredMs: number;
  readonly value: CountedValue | null;
  readonly flags: readonly Flag[];
  /** With the flag `catch_up`: time of the previous reading (ms since the Unix epoch), null when unknown. */
  readonly sinceMs?: number | null;
}

declare const released: unique symbol;

/** A noised record as it stands inside a sealed message. Only `guard/` can make one (the brand cannot be written elsewhere). */
export type Record = RecordFields & { readonly [released]: true };

export interface RecordFields {
  readonly sensor: string;
  readonly kind: RecordKind;
  readonly seconds: number;
  /** Seconds, 0.1 resolution, rounded down. */
  readonly covered: number;
  readonly value: PublishedValue;
  readonly stat?: Statistic;
  readonly method: Method;
  readonly quality: Quality;
  /** Ids of the records in this message that it was computed from. */
  readonly of?: readonly string[];
  readonly flags?: readonly string[];
  /** RFC 3339 UTC, or null when the previous reading's time is unknown. */
  readonly since?: string | null;
}

/** Ciphertext on its way to the city. Nothing behind the guard can open it. */
export interface SealedMessage {
  readonly epoch: string;
  readonly seq: number;
  /** The closing instant, ms since the Unix epoch. */
  readonly endMs: number;
  /** The window lengths (seconds) that end here, ascending. */
  readonly lengths: readonly number[];
  /** `sealed/1`: compact JWS over compact JWE. */
  readonly jws: string;
}

/** An encrypted last total of a running counter: opaque to everyone but the sense process that made it. */
export interface Baseline {
  /** Output id and direction: `<output>/in` or `<output>/out`. */
  readonly channel: string;
  /** End of the window it belongs to, ms since the Unix epoch. */
  readonly endMs: number;
  /** base64url of nonce, ciphertext and tag; fixed length. */
  readonly box: string;
}

export type LinkState = "up" | "down" | "fault";
/** A day's bucket of errors: says that something is wrong, never how much happened. */
export type ErrorBucket = "none" | "some" | "many";

/** What may be told about a sensor's health: no function of counts (P9). */
export interface SensorState {
  readonly id: string;
  readonly profile: string;
  readonly link: LinkState;
  readonly errors: ErrorBucket;
  /** The error code of the last fault while the link is not up. */
  readonly code?: string;
  /** No frame of a real device stands behind the profile. */
  readonly experimental?: true;
}

/** How delivery to the city goes: the first thing that is wrong. */
export const DELIVERY_STATES = ["ok", "broker", "backlog"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** What may be told about a contact. */
export interface ContactState {
  readonly id: string;
  readonly use: ContactUse;
  readonly condition: AlarmCondition;
  /** Error code of the alarm, or of why it is not known. */
  readonly code?: string;
}
