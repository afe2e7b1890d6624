import type { ErrorCode } from "../base/errors.ts";
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
  senseMemory(epoch: string): SenseMemory;
  /** Remembers whether sense is running (false) or said goodbye (true). */
  setStoppedCleanly(clean: boolean): void;
  /** Calls `listener` after each commit that added rows. */
  onAppended(listener: () => void): void;
  close(): void;
}

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
