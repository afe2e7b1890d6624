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
} from "../../src/forward/ports.ts";

/** An outbox in memory for tests of the uplink. It keeps the conservation law and remembers every verdict. */
export class TinyOutbox implements Outbox {
  readonly rows = new Map<number, Row>();
  readonly leased = new Set<number>();
  readonly acceptedIds: number[] = [];
  readonly #listeners: (() => void)[] = [];
  readonly #root: string;
  #lastId = 0;
  #rejected = 0;

  constructor(root = "telpost/v1/denhaag/scheveningen/gw07") {
    this.#root = root;
  }

  /** Keeps one row and tells the listeners, as a commit does. */
  add(row: {
    stream?: Stream;
    seq: number;
    atMs: number;
    epoch?: string;
    payload?: string;
    topic?: string;
  }): Row {
    const { stream = "sealed", epoch = "0123456789abcdef", seq, atMs } = row;
    const id = ++this.#lastId;
    const made: Row = {
      id,
      stream,
      epoch,
      seq,
      atMs,
      topic: row.topic ?? `${this.#root}/${stream}`,
      payload: row.payload ?? `${stream}-${seq}`,
    };
    this.rows.set(id, made);
    for (const listener of this.#listeners) listener();
    return made;
  }

  append(items: readonly Append[]): OfferOutcome[] {
    return items.map((item) => {
      if (item.type !== "message") throw new Error("the tiny outbox takes messages only");
      this.add({
        seq: item.message.seq,
        epoch: item.message.epoch,
        atMs: item.message.endMs,
        payload: item.message.jws,
      });
      return "kept";
    });
  }

  lease({ afterId, upToId, limit }: LeaseRequest): Row[] {
    const fits = ({ id }: Row) => id > afterId && id <= upToId && !this.leased.has(id);
    const rows = [...this.rows.values()].filter(fits).slice(0, limit);
    for (const { id } of rows) this.leased.add(id);
    return rows;
  }

  settle(id: number, verdict: Verdict): void {
    this.leased.delete(id);
    if (verdict === "released" || !this.rows.delete(id)) return;
    if (verdict === "accepted") this.acceptedIds.push(id);
    else this.#rejected += 1;
  }

  settleNumbers(stream: Stream, epoch: string, ranges: readonly (readonly [number, number])[]): number {
    const covered = [...this.rows.values()].filter(
      (row) =>
        row.stream === stream &&
        row.epoch === epoch &&
        ranges.some(([from, to]) => from <= row.seq && row.seq <= to),
    );
    for (const { id } of covered) this.settle(id, "accepted");
    return covered.length;
  }

  releaseAll(): void {
    this.leased.clear();
  }

  tidy(): void {}

  stats(): OutboxStats {
    const [oldest] = this.rows.values();
    return {
      queued: this.rows.size,
      queuedBytes: [...this.rows.values()].reduce((sum, { payload }) => sum + payload.length, 0),
      oldestAtMs: oldest?.atMs ?? null,
      appended: this.#lastId,
      accepted: this.acceptedIds.length,
      rejected: this.#rejected,
      dropped: 0,
      lastId: this.#lastId,
    };
  }

  trouble(): null {
    return null;
  }

  newestSealed(): KeptWindows[] {
    return [];
  }

  senseMemory(): SenseMemory {
    return { lastSeqKept: null, lastEventKept: null, lastEnds: [], baselines: [], stoppedCleanly: false };
  }

  setStoppedCleanly(): void {}

  onAppended(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {}
}
