import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type {
  Baseline,
  ContactState,
  DeliveryState,
  GatewayEvent,
  SealedMessage,
  SensorState,
} from "../model.ts";
import type { About, FromForward } from "./protocol.ts";

/** A sealed message with its baselines, until it is kept. */
export interface Unkept {
  readonly message: SealedMessage;
  readonly baselines: readonly Baseline[];
}

/** An event of sense, until it is kept; `number` counts within the epoch. */
export interface UnkeptEvent {
  readonly epoch: string;
  readonly number: number;
  readonly atMs: number;
  readonly event: GatewayEvent;
}

export type ForwardHello = Extract<FromForward, { type: "hello" }>;

/** What the sense end needs from the process around it. */
export interface SenseEndHost {
  /** Everything not yet kept, oldest first. */
  unkept(): readonly Unkept[];
  unkeptEvents(): readonly UnkeptEvent[];
  epoch(): string;
  about(): About;
  sensors(): readonly SensorState[];
  contacts(): readonly ContactState[];
  clockSynced(): boolean;
  onHello(hello: ForwardHello): void;
  onKept(epoch: string, seq: number): void;
  onRefused(epoch: string, seq: number, why: string): void;
  onEventKept(epoch: string, number: number): void;
  /** The city asks for a restart, as forward says. */
  onRestart(): void;
  /** How delivery goes, as forward says; told again and again, on a gateway with a status light. */
  onDelivery(state: DeliveryState): void;
  /** How many walk tests were ever begun here, as forward counts them. */
  onWalkTests(used: number): void;
  /** The signed privacy report; null while there is none. */
  report(): string | null;
  /** The city key set in use. */
  keys(): string;
  /**
   * Judges a key set: one from the city's topic, or the one that forward kept for us. Resolves when that is done, and
   * never takes an older one.
   */
  onKeys(jws: string, from: KeySource): Promise<void>;
}

export type KeySource = "topic" | "memory";

export interface SenseEndOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly jitterBelow: (limit: number) => number;
  readonly log: Log;
  readonly host: SenseEndHost;
}
