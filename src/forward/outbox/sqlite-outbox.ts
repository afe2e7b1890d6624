import { assert } from "../../base/assert.ts";
import type { ErrorCode } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Identity } from "../../contract/topics.ts";
import type { WalkAnswer, WalkUse } from "../../contract/walk-limits.ts";
import type { GatewayEvent } from "../../model.ts";
import type {
  Append,
  KeptWindows,
  LeaseRequest,
  OfferOutcome,
  Outbox,
  OutboxStats,
  Row,
  SenseMemory,
  Stream,
  Verdict,
  WalkCounter,
} from "../ports.ts";
import type { Ballast } from "./ballast.ts";
import type { BoxKey } from "./box-key.ts";
import { Commit } from "./commit.ts";
import { type Connection, checkBooks } from "./connection.ts";
import { freeBytes, truncateWal } from "./database.ts";
import { storageError, unlessItFails } from "./failures.ts";
import { Leases } from "./leases.ts";
import type { WriterLock } from "./lock.ts";
import type { Quota } from "./quota.ts";
import { Session } from "./session.ts";
import { isConserved, type State, senseMemoryOf } from "./state.ts";
import { StatsReader } from "./stats.ts";

/** Most rows of one lease, and most rows that one acknowledgement of the city settles: bounds of memory. */
const MAX_LEASE = 1000;
const MAX_SETTLED = 65_536;
/** So many settlements are committed at once without waiting for the next append, which they would hold up. */
const MOST_WAITING = 500;
const DAY_MS = 86_400_000;

export interface SqliteOutboxOptions {
  readonly file: string;
  readonly ballast: Ballast;
  readonly boxes: BoxKey;
  readonly identity: Identity;
  readonly quota: Quota;
  /** Wall time now, ms since the Unix epoch. */
  readonly nowMs: number;
  readonly log: Log;
  readonly clockSynced: () => boolean;
  readonly lock: WriterLock;
  /** Opens the database again, salvaging it if need be; ids up to `lastId` are never used again. */
  readonly reopen: (nowMs: number, lastId: number) => Connection;
}

/** The outbox on SQLite. What happens within a transaction is in `commit.ts`; here is what stands around it. */
export class SqliteOutbox implements Outbox, WalkCounter {
  readonly #options: SqliteOutboxOptions;
  readonly #leases = new Leases();
  readonly #stats = new StatsReader();
  readonly #listeners: (() => void)[] = [];
  readonly #session: Session;
  #state: State;
  #sealedAfter = 0;
  #nowMs: number;
  #truncatedMs: number;
  #oldestAtMs: number | null = null;

  constructor(connection: Connection, options: SqliteOutboxOptions) {
    const { file, ballast, log } = options;
    this.#session = new Session(connection, { file, ballast, log, reopen: () => this.#reopen() });
    this.#state = connection.state;
    this.#options = options;
    this.#nowMs = options.nowMs;
    this.#truncatedMs = options.nowMs;
  }

  append(items: readonly Append[], nowMs: number): OfferOutcome[] {
    this.#nowMs = nowMs;
    return this.#commit((commit, { database }) => {
      if (this.#session.isShort) commit.makeRoom(items, freeBytes(database));
      const outcomes = items.map((item) => commit.append(item));
      commit.trim(this.#options.quota);
      return outcomes;
    });
  }

  lease({ afterId, upToId, limit }: LeaseRequest): Row[] {
    this.#settleMany();
    return this.#session.use(({ rows }) => {
      const leased: Row[] = [];
      const wanted = Math.min(limit, MAX_LEASE);
      for (let after = afterId; leased.length < wanted; ) {
        const page = rows.page(after, upToId, wanted - leased.length);
        if (page.length === 0) break;
        for (const found of page) {
          const id = typeof found === "number" ? found : found.id;
          after = id;
          if (!this.#leases.isFree(id)) continue;
          if (typeof found === "number") this.#setAside(id);
          else leased.push(this.#leases.lend(found));
        }
      }
      return leased;
    });
  }

  /** While the storage is in trouble they wait: reading goes on, and the next append tells when writing works again. */
  #settleMany(): void {
    if (this.#leases.waiting.size < MOST_WAITING || this.#session.trouble) return;
    unlessItFails(() => this.#commit(() => {}));
  }

  /** A row that failed its checksum goes with the next commit, declared. */
  #setAside(id: number): void {
    const head = this.#session.connection?.rows.head(id);
    if (head) this.#leases.wait(id, "corrupt", head.bytes);
  }

  settle(id: number, verdict: Verdict): void {
    this.#leases.settle(id, verdict);
  }

  settleNumbers(stream: Stream, epoch: string, ranges: readonly (readonly [number, number])[]): number {
    return this.#session.use(({ rows }) => {
      let settled = 0;
      for (const range of ranges) {
        for (const { id, bytes } of rows.inRange(stream, epoch, range, MAX_SETTLED - settled)) {
          if (this.#leases.wait(id, "accepted", bytes)) settled++;
        }
      }
      return settled;
    });
  }

  releaseAll(): void {
    this.#leases.releaseAll();
  }

  tidy(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#session.restoreBallast();
    this.#commit((commit, { refused }) => {
      commit.trim(this.#options.quota);
      refused.prune();
    });
    if (Math.abs(nowMs - this.#truncatedMs) >= DAY_MS) this.#daily(nowMs);
  }

  /** Truncating the WAL in normal running would double the wear; once a day it forgets what was sent (P14). */
  #daily(nowMs: number): void {
    this.#session.use(({ database }) => {
      if (truncateWal(database)) this.#truncatedMs = nowMs;
      checkBooks(database, this.#state);
    });
  }

  /** Never fails: while the file cannot be read, the oldest row is the one that was known last. */
  stats(): OutboxStats {
    unlessItFails(() => {
      this.#oldestAtMs = this.#session.use(({ rows }) => this.#stats.oldest(this.#leases, rows));
    });
    return this.#stats.read(this.#state.ledger, this.#state.lastId, this.#leases, this.#oldestAtMs);
  }

  trouble(): ErrorCode | null {
    return this.#session.trouble;
  }

  newestSealed(limit: number): KeptWindows[] {
    return this.#session
      .use(({ rows }) => rows.newestSealed(limit))
      .map(({ atMs, ...row }) => ({ ...row, endMs: atMs }));
  }

  senseMemory(epoch: string): SenseMemory {
    return senseMemoryOf(this.#state, epoch);
  }

  setStoppedCleanly(clean: boolean): void {
    if (clean === this.#state.stoppedCleanly) return;
    this.#commit(({ state }) => {
      state.stoppedCleanly = clean;
    });
  }

  beginWalkTest(use: WalkUse, event: GatewayEvent): WalkAnswer {
    return this.#commit((commit) => commit.beginWalkTest(use, event));
  }

  walkTests(): number {
    return this.#state.walks.used;
  }

  onAppended(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Commits settlements that wait, moves the WAL into the database and truncates it, and lets go of the writer lock. */
  close(): void {
    const { connection } = this.#session;
    try {
      if (connection) {
        this.#commit(() => {});
        truncateWal(connection.database);
        connection.database.close();
      }
    } catch (failure) {
      throw storageError(failure);
    } finally {
      this.#session.close();
      this.#options.lock.release();
    }
  }

  /** Runs `work` and the settlements that wait in one transaction; afterwards memory and database agree, also when it fails. */
  #commit<T>(work: (commit: Commit, connection: Connection) => T): T {
    const { commit, result, wrote } = this.#session.write((connection) => {
      const { identity, clockSynced } = this.#options;
      const judgesAge = clockSynced();
      const context = { identity, nowMs: this.#nowMs, judgesAge, sealedAfter: this.#sealedAfter };
      const commit = new Commit(connection, this.#state, context);
      const done = connection.database
        .transaction(() => {
          commit.settle(this.#leases.waiting);
          const result = work(commit, connection);
          assert(isConserved(commit.state.ledger), "the outbox lost a row from its books");
          return { result, wrote: connection.states.write(this.#state, commit.state) };
        })
        .immediate();
      return { commit, ...done };
    });
    if (wrote) {
      this.#session.wrote();
      this.#options.boxes.committed();
    }
    this.#state = commit.state;
    this.#sealedAfter = commit.sealedAfter;
    this.#leases.forget(commit.gone);
    for (const reason of commit.dropped) this.#options.log.warn("outbox.dropped", { reason });
    if (commit.added) for (const listener of this.#listeners) listener();
    return result;
  }

  #reopen(): Connection {
    const connection = this.#options.reopen(this.#nowMs, this.#state.lastId);
    this.#state = connection.state;
    this.#sealedAfter = 0;
    return connection;
  }
}
