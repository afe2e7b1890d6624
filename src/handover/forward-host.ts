import type { FromForward, FromSense } from "./protocol.ts";

export type SenseHello = Extract<FromSense, { type: "hello" }>;
export type Kept = Extract<FromSense, { type: "offer" | "event" }>;
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
  onSensors(told: States): void;
  onStopping(): void;
  /** Sense is gone, with or without a goodbye. */
  onGone(): void;
}
