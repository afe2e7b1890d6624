import { TelpostError } from "../base/errors.ts";
import type { WalkAnswer } from "../contract/walk-limits.ts";
import type { FromForward, FromSense } from "./protocol.ts";

export type SenseHello = Extract<FromSense, { type: "hello" }>;
export type Kept = Extract<FromSense, { type: "offer" | "event" }>;
export type WalkRequest = Extract<FromSense, { type: "walk" }>;
type States = Extract<FromSense, { type: "sensors" }>;
export type Outcome = "kept" | "same_number_other_bytes" | "window_not_later";

/** What the forward end needs from the process around it. */
export interface ForwardEndHost {
  /** What sense must learn at a hello, without `type` and `version`. */
  memory(hello: SenseHello): Omit<Extract<FromForward, { type: "hello" }>, "type" | "version">;
  /** Commits all or throws a storage TelpostError; outcomes in order. */
  keep(items: readonly Kept[]): readonly Outcome[];
  onHello(hello: SenseHello): void;
  /** What sense says about itself has changed. */
  onAbout(about: SenseHello["about"]): void;
  /** The signed privacy report, for the city. */
  onReport(jws: string): void;
  /** Keeps a city key set for sense. */
  keepKeys(jws: string): void;
  /** The key set that came last from the city, for a sense that was away meanwhile. */
  latestKeys(): string | null;
  /** Counts a walk test and keeps its event, or throws a storage TelpostError. */
  beginWalkTest(wanted: WalkRequest): WalkAnswer;
  /** Walk tests that were ever begun here. */
  walkTests(): number;
  onSensors(told: States): void;
  onStopping(): void;
  /** Sense is gone, with or without a goodbye. */
  onGone(): void;
}

/** What is not counted must not begin. */
export function walkAnswer(host: ForwardEndHost, wanted: WalkRequest) {
  try {
    return { answer: host.beginWalkTest(wanted), used: host.walkTests() };
  } catch (failure) {
    if (!(failure instanceof TelpostError) || failure.kind !== "storage") throw failure;
    return { answer: "not_kept" as const, used: host.walkTests() };
  }
}
