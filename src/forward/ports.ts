import type { ErrorCode } from "../base/errors.ts";
import type { Ack } from "../contract/ack.ts";
import type { WalkAnswer, WalkUse } from "../contract/walk-limits.ts";
import type { Baseline, GatewayEvent, SealedMessage } from "../model.ts";

/** What the two halves of forward know of each other: the outbox as the uplink sees it. */

export type Stream = "sealed" | "event";

/** A row on its way to the city. `id` rises for ever and is never used again. */
export interface Row {
  readonly id: number;
  readonly stream: Stream;
  /** The topic it was made for; it goes out there whatever the configuration says later. */
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  /** When it was made: the closing instant of a sealed message, the time of an event; ms since the Unix epoch. */
  readonly atMs: number;
  readonly payload: string;
}

/** `accepted`: the city or broker proved it. `rejected`: never again. `released`: not proven, lease it again later. */
export type Verdict = "accepted" | "rejected" | "released";

export interface LeaseRequest {
  /** Only rows with afterId < id <= upToId. */
  readonly afterId: number;
  readonly upToId: number;
  readonly limit: number;
}

export interface OutboxStats {
  readonly queued: number;
  readonly queuedBytes: number;
  readonly oldestAtMs: number | null;
  /** Conservation law: queued + accepted + rejected + dropped === appended. */
  readonly appended: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly dropped: number;
  readonly lastId: number;
}

export type OfferOutcome = "kept" | "same_number_other_bytes" | "window_not_later";

/** What sense must learn at a hello, from memory that survives restarts. */
export interface SenseMemory {
  readonly lastSeqKept: number | null;
  readonly lastEventKept: number | null;
  readonly lastEnds: readonly { readonly seconds: number; readonly endMs: number }[];
  readonly baselines: readonly Baseline[];
  readonly stoppedCleanly: boolean;
}

/** A sealed message that waits: what stands in the open of it. */
export type KeptWindows = Pick<SealedMessage, "epoch" | "seq" | "endMs" | "lengths">;

/** Hears what happens to rows on their way. It keeps nothing on the disk, and decides nothing. */
export interface PassingLog {
  /** It goes out now, maybe again. */
  sent(row: Row): void;
  /** These were proven; numbers that never went out among them mean nothing. */
  proven(numbers: Ack): void;
}

/** What a write adds, in one transaction together with the settlements that wait. */
export type Append =
  | { readonly type: "message"; readonly message: SealedMessage; readonly baselines: readonly Baseline[] }
  | {
      readonly type: "event";
      readonly source: { readonly epoch: string; readonly number: number } | null;
      readonly atMs: number;
      readonly event: GatewayEvent;
    };

/**
 * The durable queue between sense and the city. Lease, then a verdict for each row by its id.
 * A lease is memory, never a write: after a restart everything not settled can be leased again.
 */
export interface Outbox {
  /** Commits all of them or throws a TelpostError of kind storage; outcomes in order. Idempotent for what was kept before. */
  append(items: readonly Append[], nowMs: number): OfferOutcome[];
  /** Oldest first, never a row already leased. */
  lease(request: LeaseRequest): Row[];
  settle(id: number, verdict: Verdict): void;
  /** Settles rows by number, as the city acknowledges them; returns how many were queued. Unknown numbers are ignored. */
  settleNumbers(stream: Stream, epoch: string, ranges: readonly (readonly [number, number])[]): number;
  /** Forgets all leases: the connection they were made on is gone. */
  releaseAll(): void;
  /** Commits settlements that wait and drops what is over age or quota; what is dropped is declared as events in the same commit. */
  tidy(nowMs: number): void;
  /** Never fails. */
  stats(): OutboxStats;
  /** What is wrong with the storage now: the disk is full (windows may be dropped), fails or is read-only; null when nothing is. */
  trouble(): ErrorCode | null;
  /** The newest sealed messages that wait, at most `limit`, oldest first. */
  newestSealed(limit: number): KeptWindows[];
  senseMemory(epoch: string): SenseMemory;
  /** Remembers whether sense is running (false) or said goodbye (true). */
  setStoppedCleanly(clean: boolean): void;
  /** Calls `listener` after each commit that added rows. */
  onAppended(listener: () => void): void;
  close(): void;
}

/** A message below `cmd`, unread. All of it comes from outside. */
export interface Asked {
  /** The last level of its topic. */
  readonly name: string;
  readonly payload: Uint8Array;
  /** It was published to be kept by the broker, or comes from there. */
  readonly retained: boolean;
  /** DUP: the broker may have sent it before on this very connection. */
  readonly repeated: boolean;
  /** What is left of its message expiry; null when it has none, as on MQTT 3.1.1. */
  readonly expirySeconds: number | null;
  readonly responseTopic: string | null;
  readonly correlation: Uint8Array | null;
}

/** The answer to a remote command, on its way to the city. Never kept for later. */
export interface Answer {
  readonly topic: string;
  readonly payload: string;
  readonly correlation: Uint8Array | null;
}

/** Publishes an answer; `heard` is called once when the broker has it, never when the connection dies first. */
export type Reply = (answer: Answer, heard: () => void) => void;

/** Counts walk tests in the database of the outbox, so that no restart forgets them. */
export interface WalkCounter {
  /**
   * Counts a walk test and keeps its event in one commit, when the limits allow another.
   * @throws TelpostError of kind storage: then it is not counted, and must not begin
   */
  beginWalkTest(use: WalkUse, event: GatewayEvent): WalkAnswer;
  /** Walk tests that were ever begun here. */
  walkTests(): number;
}

/** What the uplink tells the rest: its state in words, never counts. */
export interface UplinkState {
  readonly state: "connecting" | "connected" | "waiting" | "held" | "stopped";
  /** Error code of the table while not connected or held. */
  readonly code: ErrorCode | null;
  readonly protocol: "5" | "3.1.1" | null;
  readonly connection: number;
  readonly lastProofMs: number | null;
  readonly backlog: number;
}
