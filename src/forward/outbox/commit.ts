import { toEventMessage } from "../../contract/event.ts";
import { type Identity, topics } from "../../contract/topics.ts";
import { mayWalk, usesThatCount, type WalkAnswer, type WalkUse } from "../../contract/walk-limits.ts";
import type { GapReason, GatewayEvent, SealedMessage } from "../../model.ts";
import type { Append, OfferOutcome } from "../ports.ts";
import { gapsOf, isPlausible, type LostRow } from "./gaps.ts";
import type { Waiting } from "./leases.ts";
import { judge } from "./offers.ts";
import {
  bytesToDrop,
  bytesToFree,
  oldestAllowed,
  type Quota,
  type RowHead,
  takeBytes,
  takeOlder,
} from "./quota.ts";
import type { Refusal, RefusedTable } from "./refused-table.ts";
import { messageHash, type NewRow, toRecord } from "./row.ts";
import type { RowTable } from "./row-table.ts";
import { copyState, remember, rememberBaseline, rememberEnd, type State } from "./state.ts";

export interface CommitTables {
  readonly rows: RowTable;
  readonly refused: RefusedTable;
}

export interface CommitContext {
  readonly identity: Identity;
  /** Label of the events made here, ms since the Unix epoch. */
  readonly nowMs: number;
  /** False while the wall clock is not believed: then no row is too old. */
  readonly judgesAge: boolean;
  /** No sealed row has an id up to this one. */
  readonly sealedAfter: number;
}

type MessageItem = Extract<Append, { type: "message" }>;
type EventItem = Extract<Append, { type: "event" }>;

/**
 * What one transaction does, step by step, on a copy of the state. Nothing of it counts before the transaction has been
 * committed: then `state` replaces the old one, `gone` are the rows that left and `added` says whether any came.
 */
export class Commit {
  readonly state: State;
  readonly gone: number[] = [];
  readonly #tables: CommitTables;
  readonly #context: CommitContext;
  readonly #before: State;
  readonly #dropped = new Set<GapReason>();
  #sealedAfter: number;

  constructor(tables: CommitTables, before: State, context: CommitContext) {
    this.#tables = tables;
    this.#before = before;
    this.#context = context;
    this.#sealedAfter = context.sealedAfter;
    this.state = copyState(before);
  }

  get added(): boolean {
    return this.state.lastId > this.#before.lastId;
  }

  get sealedAfter(): number {
    return this.#sealedAfter;
  }

  /** Why rows were dropped, if any were. */
  get dropped(): ReadonlySet<GapReason> {
    return this.#dropped;
  }

  /** Removes the rows that were decided. Those that failed their checksum are declared. */
  settle(waiting: ReadonlyMap<number, Waiting>): void {
    const corrupt: RowHead[] = [];
    for (const [id, { settlement }] of waiting) {
      if (settlement === "corrupt") {
        const head = this.#tables.rows.head(id);
        if (head) corrupt.push(head);
        else this.gone.push(id);
      } else if (this.#remove(id)) this.state.ledger[settlement]++;
    }
    this.drop("corrupt_rows", corrupt.filter(isPlausible));
    const unknown = corrupt.filter((row) => !isPlausible(row));
    for (const { id } of unknown) if (this.#remove(id)) this.state.ledger.dropped++;
    if (unknown.length > 0) this.addEvent(this.#context.nowMs, { kind: "gap", reason: "corrupt_rows" });
  }

  append(item: Append): OfferOutcome {
    return item.type === "message" ? this.#offerMessage(item) : this.#offerEvent(item);
  }

  #offerMessage({ message, baselines }: MessageItem): OfferOutcome {
    const { epoch, seq } = message;
    const refused = this.#tables.refused.find(epoch, seq);
    const stored = this.#tables.rows.byNumber("sealed", epoch, seq);
    const { kept, ends } = this.state;
    const outcome = judge(message, { kept: kept.get(epoch), stored, refused, ends });
    if (outcome === "new") {
      this.#keepMessage({ type: "message", message, baselines });
      return "kept";
    }
    if (outcome !== "kept") this.#refuse(epoch, seq, outcome);
    return outcome;
  }

  #keepMessage({ message, baselines }: MessageItem): void {
    const { epoch, seq, endMs, lengths, jws } = message;
    const { messageEpoch, kept } = this.state;
    if (messageEpoch !== epoch) {
      const lastSeqKept = kept.get(messageEpoch ?? "")?.lastSeq ?? null;
      this.addEvent(this.#context.nowMs, { kind: "epoch", new: epoch, previous: messageEpoch, lastSeqKept });
      this.state.messageEpoch = epoch;
    }
    const topic = topics(this.#context.identity).sealed;
    this.#insert({ stream: "sealed", topic, epoch, seq, atMs: endMs, lengths, payload: jws });
    remember(this.state, epoch, { lastSeq: seq, lastHash: messageHash(jws) });
    for (const seconds of lengths) rememberEnd(this.state, seconds, endMs);
    for (const baseline of baselines) rememberBaseline(this.state, baseline);
  }

  /**
   * Takes in a message of an export. Its windows may be older than the last one kept: sense gave them their one value
   * long ago, and the city drops what it has seen. Other bytes under a known number are refused and declared.
   */
  adopt(message: SealedMessage): "added" | "known" | "same_number_other_bytes" {
    const { epoch, seq, endMs, lengths, jws } = message;
    const stored = this.#tables.rows.byNumber("sealed", epoch, seq);
    const kept = this.state.kept.get(epoch);
    const isLast = kept?.lastSeq === seq && kept.lastHash !== null;
    const isOther = stored ? stored.payload !== jws : isLast && kept.lastHash !== messageHash(jws);
    if (isOther) {
      this.#refuse(epoch, seq, "same_number_other_bytes");
      return "same_number_other_bytes";
    }
    if (stored !== undefined) return "known";
    const topic = topics(this.#context.identity).sealed;
    this.#insert({ stream: "sealed", topic, epoch, seq, atMs: endMs, lengths, payload: jws });
    return "added";
  }

  /** Declares a refusal, once for each number. */
  #refuse(epoch: string, seq: number, what: Refusal): void {
    if (this.#tables.refused.find(epoch, seq) !== undefined) return;
    this.#tables.refused.add(epoch, seq, what);
    this.addEvent(this.#context.nowMs, { kind: "conflict", what, epoch, seq });
  }

  #offerEvent({ source, atMs, event }: EventItem): OfferOutcome {
    if (source) {
      if (source.number <= (this.state.kept.get(source.epoch)?.lastEvent ?? -1)) return "kept";
      remember(this.state, source.epoch, { lastEvent: source.number });
    }
    this.addEvent(atMs, event);
    return "kept";
  }

  /** Counts a walk test and adds its event: one is never kept without the other. */
  beginWalkTest(use: WalkUse, event: GatewayEvent): WalkAnswer {
    const { used, recent } = this.state.walks;
    const answer = mayWalk(recent, use);
    if (answer !== "granted") return answer;
    this.state.walks = { used: used + 1, recent: [...usesThatCount(recent, use), use] };
    this.addEvent(use.atMs, event);
    return answer;
  }

  /** Adds a row of the stream `event`, numbered by the outbox. */
  addEvent(atMs: number, event: GatewayEvent): void {
    const { identity } = this.#context;
    const epoch = this.state.eventEpoch;
    const seq = this.state.nextEventSeq++;
    const payload = JSON.stringify(toEventMessage({ ...identity, epoch, seq, atMs }, event));
    const topic = topics(identity).event;
    this.#insert({ stream: "event", topic, epoch, seq, atMs, lengths: [], payload });
  }

  /** Drops what is too old, then what is too much, oldest first; sealed rows before events. All of it is declared. */
  trim(quota: Quota): void {
    const { rows } = this.#tables;
    const { nowMs, judgesAge } = this.#context;
    const before = oldestAllowed(quota, judgesAge ? nowMs : Number.NEGATIVE_INFINITY);
    this.#sealedAfter = rows.beforeSealed(this.#sealedAfter) ?? this.state.lastId;
    const sealed = takeOlder(rows.sealed(this.#sealedAfter), before.sealed);
    this.drop("max_age", [...sealed, ...rows.events(before.event)]);
    const { sealedBytes, eventBytes } = this.state.ledger;
    const free = bytesToFree(quota, { sealedBytes, eventBytes });
    const tooMany = takeBytes(rows.sealed(this.#sealedAfter), free.sealed);
    const events = takeBytes(rows.events(Number.MAX_SAFE_INTEGER), free.event);
    this.drop("max_bytes", [...tooMany, ...events]);
  }

  /** On a full disk: drops the oldest until `items` fit into the room that the file has. */
  makeRoom(items: readonly Append[], freeBytes: number): void {
    const adding = items.reduce((sum, item) => sum + sizeOf(item), 0);
    this.#sealedAfter = this.#tables.rows.beforeSealed(this.#sealedAfter) ?? this.state.lastId;
    this.drop(
      "disk_full",
      takeBytes(this.#tables.rows.sealed(this.#sealedAfter), bytesToDrop(freeBytes, adding)),
    );
  }

  /** Removes rows that will never be delivered and says so in the same commit. */
  drop(reason: GapReason, rows: readonly RowHead[]): void {
    for (const { id } of rows) if (this.#remove(id)) this.state.ledger.dropped++;
    if (rows.length > 0) this.declare(reason, rows);
  }

  /** Declares rows that are gone. */
  declare(reason: GapReason, rows: readonly LostRow[]): void {
    this.#dropped.add(reason);
    for (const gap of gapsOf(reason, rows)) this.addEvent(this.#context.nowMs, gap);
  }

  #insert(row: Omit<NewRow, "id">): void {
    const record = toRecord({ ...row, id: ++this.state.lastId });
    this.#tables.rows.insert(record);
    this.#count(row.stream, 1, record.bytes);
    this.state.ledger.appended++;
  }

  #remove(id: number): boolean {
    this.gone.push(id);
    const removed = this.#tables.rows.remove(id);
    if (removed) this.#count(removed.stream, -1, -removed.bytes);
    return removed !== undefined;
  }

  #count(stream: string, rows: number, bytes: number): void {
    const { ledger } = this.state;
    ledger.queued += rows;
    if (stream === "sealed") ledger.sealedBytes += bytes;
    else ledger.eventBytes += bytes;
  }
}

/** Bytes that an item brings, about. */
function sizeOf(item: Append): number {
  return item.type === "message" ? item.message.jws.length : JSON.stringify(item.event).length;
}
