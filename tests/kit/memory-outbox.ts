import { type RandomBytes, randomEpoch } from "../../src/base/random.ts";
import { toEventMessage } from "../../src/contract/event.ts";
import { type Identity, topics } from "../../src/contract/topics.ts";
import { gapsOf } from "../../src/forward/outbox/gaps.ts";
import { pack } from "../../src/forward/outbox/packed.ts";
import { rowBytes } from "../../src/forward/outbox/row.ts";
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
import type { Baseline, GapReason, GatewayEvent, SealedMessage } from "../../src/model.ts";

export interface MemoryOutboxOptions {
  readonly identity: Identity;
  readonly quota: { readonly maxBytes: number; readonly maxAgeMs: number };
  readonly random: RandomBytes;
}

interface Held extends Row {
  readonly lengths: readonly number[];
  readonly bytes: number;
}

interface EpochMemory {
  readonly sent: Map<number, string>;
  lastSeq: number | null;
  lastEvent: number | null;
}

/**
 * The outbox in plain arrays and maps: the fake of the uplink's tests, and what any history of the real one must equal.
 * It remembers everything for ever, where the real one forgets epochs beyond the newest 64.
 */
export class MemoryOutbox implements Outbox {
  readonly #options: MemoryOutboxOptions;
  readonly #eventEpoch: string;
  #rows: Held[] = [];
  readonly #leased = new Set<number>();
  readonly #waiting = new Map<number, "accepted" | "rejected">();
  readonly #counts = { appended: 0, accepted: 0, rejected: 0, dropped: 0 };
  readonly #epochs = new Map<string, EpochMemory>();
  readonly #refused = new Map<string, OfferOutcome>();
  readonly #ends = new Map<number, number>();
  readonly #baselines = new Map<string, Baseline>();
  readonly #listeners: (() => void)[] = [];
  #messageEpoch: string | null = null;
  #lastId = 0;
  #eventSeq = 0;
  #stoppedCleanly = false;
  #nowMs = 0;

  constructor(options: MemoryOutboxOptions) {
    this.#options = options;
    this.#eventEpoch = randomEpoch(options.random);
  }

  append(items: readonly Append[], nowMs: number): OfferOutcome[] {
    return this.#commit(nowMs, () => {
      const outcomes = items.map((item) => this.#appendOne(item));
      this.#trim();
      return outcomes;
    });
  }

  lease({ afterId, upToId, limit }: LeaseRequest): Row[] {
    const free = this.#rows.filter(
      ({ id }) => id > afterId && id <= upToId && !this.#leased.has(id) && !this.#waiting.has(id),
    );
    return free.slice(0, limit).map(({ lengths: _lengths, bytes: _bytes, ...row }) => {
      this.#leased.add(row.id);
      return row;
    });
  }

  settle(id: number, verdict: Verdict): void {
    if (this.#leased.delete(id) && verdict !== "released") this.#waiting.set(id, verdict);
  }

  settleNumbers(stream: Stream, epoch: string, ranges: readonly (readonly [number, number])[]): number {
    const named = this.#rows.filter(
      (row) =>
        row.stream === stream &&
        row.epoch === epoch &&
        !this.#waiting.has(row.id) &&
        ranges.some(([from, to]) => from <= row.seq && row.seq <= to),
    );
    for (const { id } of named) {
      this.#leased.delete(id);
      this.#waiting.set(id, "accepted");
    }
    return named.length;
  }

  releaseAll(): void {
    this.#leased.clear();
  }

  tidy(nowMs: number): void {
    this.#commit(nowMs, () => this.#trim());
  }

  stats(): OutboxStats {
    const verdicts = [...this.#waiting.values()];
    const rest = this.#rows.filter(({ id }) => !this.#waiting.has(id));
    return {
      queued: rest.length,
      queuedBytes: rest.reduce((sum, { bytes }) => sum + bytes, 0),
      oldestAtMs: rest[0]?.atMs ?? null,
      appended: this.#counts.appended,
      accepted: this.#counts.accepted + verdicts.filter((one) => one === "accepted").length,
      rejected: this.#counts.rejected + verdicts.filter((one) => one === "rejected").length,
      dropped: this.#counts.dropped,
      lastId: this.#lastId,
    };
  }

  trouble(): null {
    return null;
  }

  newestSealed(limit: number): KeptWindows[] {
    const sealed = this.#of("sealed").map(({ epoch, seq, atMs, lengths }) => ({
      epoch,
      seq,
      endMs: atMs,
      lengths,
    }));
    return sealed.slice(Math.max(0, sealed.length - limit));
  }

  senseMemory(epoch: string): SenseMemory {
    const memory = this.#epochs.get(epoch);
    const ends = [...this.#ends].sort((a, b) => b[1] - a[1]).slice(0, 16);
    return {
      lastSeqKept: memory?.lastSeq ?? null,
      lastEventKept: memory?.lastEvent ?? null,
      lastEnds: ends.map(([seconds, endMs]) => ({ seconds, endMs })).sort((a, b) => a.seconds - b.seconds),
      baselines: [...this.#baselines.values()],
      stoppedCleanly: this.#stoppedCleanly,
    };
  }

  setStoppedCleanly(clean: boolean): void {
    if (clean === this.#stoppedCleanly) return;
    this.#commit(this.#nowMs, () => {
      this.#stoppedCleanly = clean;
    });
  }

  onAppended(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#commit(this.#nowMs, () => {});
  }

  /** What a crash leaves: leases and settlements that waited are forgotten. */
  crash(): void {
    this.#leased.clear();
    this.#waiting.clear();
  }

  /** Every row that waits, by rising id. */
  queued(): readonly Row[] {
    return this.#rows;
  }

  #commit<T>(nowMs: number, work: () => T): T {
    this.#nowMs = nowMs;
    const before = this.#lastId;
    for (const [id, verdict] of this.#waiting) {
      this.#rows = this.#rows.filter((row) => row.id !== id);
      this.#counts[verdict]++;
    }
    this.#waiting.clear();
    const result = work();
    if (this.#lastId > before) for (const listener of this.#listeners) listener();
    return result;
  }

  #appendOne(item: Append): OfferOutcome {
    if (item.type === "message") return this.#offer(item.message, item.baselines);
    const { source } = item;
    if (source) {
      const memory = this.#memory(source.epoch);
      if (source.number <= (memory.lastEvent ?? -1)) return "kept";
      memory.lastEvent = source.number;
    }
    this.#addEvent(item.atMs, item.event);
    return "kept";
  }

  #offer(message: SealedMessage, baselines: readonly Baseline[]): OfferOutcome {
    const { epoch, seq } = message;
    const outcome = this.#judge(message);
    if (outcome === "new") {
      this.#keep(message, baselines);
      return "kept";
    }
    const key = `${epoch}/${seq}`;
    if (outcome !== "kept" && !this.#refused.has(key)) {
      this.#refused.set(key, outcome);
      this.#addEvent(this.#nowMs, { kind: "conflict", what: outcome, epoch, seq });
    }
    return outcome;
  }

  #judge({ epoch, seq, endMs, lengths, jws }: SealedMessage): OfferOutcome | "new" {
    const memory = this.#epochs.get(epoch);
    if (this.#refused.get(`${epoch}/${seq}`) === "window_not_later") return "window_not_later";
    const queued = this.#rows.some(
      (row) => row.stream === "sealed" && row.epoch === epoch && row.seq === seq,
    );
    const last = memory?.lastSeq ?? -1;
    if (queued || seq === last) return memory?.sent.get(seq) === jws ? "kept" : "same_number_other_bytes";
    if (seq < last) return "kept";
    return lengths.some((seconds) => endMs <= (this.#ends.get(seconds) ?? -1)) ? "window_not_later" : "new";
  }

  #keep({ epoch, seq, endMs, lengths, jws }: SealedMessage, baselines: readonly Baseline[]): void {
    if (this.#messageEpoch !== epoch) {
      const previous = this.#messageEpoch;
      const lastSeqKept = previous === null ? null : this.#memory(previous).lastSeq;
      this.#addEvent(this.#nowMs, { kind: "epoch", new: epoch, previous, lastSeqKept });
      this.#messageEpoch = epoch;
    }
    const topic = topics(this.#options.identity).sealed;
    this.#add({ stream: "sealed", topic, epoch, seq, atMs: endMs, lengths, payload: jws });
    const memory = this.#memory(epoch);
    memory.lastSeq = seq;
    memory.sent.set(seq, jws);
    for (const seconds of lengths) this.#ends.set(seconds, endMs);
    for (const baseline of baselines) {
      const known = this.#baselines.get(baseline.channel);
      if (!known || known.endMs <= baseline.endMs) this.#baselines.set(baseline.channel, baseline);
    }
  }

  #memory(epoch: string): EpochMemory {
    const memory = this.#epochs.get(epoch) ?? { sent: new Map(), lastSeq: null, lastEvent: null };
    this.#epochs.set(epoch, memory);
    return memory;
  }

  #addEvent(atMs: number, event: GatewayEvent): void {
    const { identity } = this.#options;
    const epoch = this.#eventEpoch;
    const seq = this.#eventSeq++;
    const payload = JSON.stringify(toEventMessage({ ...identity, epoch, seq, atMs }, event));
    const topic = topics(identity).event;
    this.#add({ stream: "event", topic, epoch, seq, atMs, lengths: [], payload });
  }

  #add(row: Omit<Held, "id" | "bytes">): void {
    const bytes = rowBytes(row.topic, pack(row.payload));
    this.#rows.push({ id: ++this.#lastId, ...row, bytes });
    this.#counts.appended++;
  }

  /** Sealed rows over age from the oldest on, events at twice that age; then by bytes, sealed rows first. */
  #trim(): void {
    const { maxBytes, maxAgeMs } = this.#options.quota;
    const sealed = this.#of("sealed");
    const young = sealed.findIndex(({ atMs }) => atMs >= this.#nowMs - maxAgeMs);
    const oldEvents = this.#of("event").filter(({ atMs }) => atMs < this.#nowMs - 2 * maxAgeMs);
    this.#drop("max_age", [...sealed.slice(0, young < 0 ? sealed.length : young), ...oldEvents]);
    const bytes = (stream: Stream) => this.#of(stream).reduce((sum, row) => sum + row.bytes, 0);
    const slack = Math.floor(maxBytes / 64);
    const sealedLimit = maxBytes - Math.floor(maxBytes / 16);
    const sealedOver = Math.max(bytes("sealed") - sealedLimit, bytes("sealed") + bytes("event") - maxBytes);
    const eventsOver = bytes("event") - maxBytes;
    this.#drop("max_bytes", [
      ...firstBytes(this.#of("sealed"), sealedOver, slack),
      ...firstBytes(this.#of("event"), eventsOver, slack),
    ]);
  }

  #of(stream: Stream): Held[] {
    const rows = this.#rows.filter((row) => row.stream === stream);
    return stream === "event" ? rows.sort((a, b) => a.atMs - b.atMs || a.id - b.id) : rows;
  }

  #drop(reason: GapReason, rows: readonly Held[]): void {
    const ids = new Set(rows.map(({ id }) => id));
    this.#rows = this.#rows.filter(({ id }) => !ids.has(id));
    for (const id of ids) this.#leased.delete(id);
    this.#counts.dropped += rows.length;
    for (const gap of gapsOf(reason, rows)) this.#addEvent(this.#nowMs, gap);
  }
}

function firstBytes(rows: readonly Held[], over: number, slack: number): Held[] {
  if (over <= 0) return [];
  let freed = 0;
  const end = rows.findIndex(({ bytes }) => {
    freed += bytes;
    return freed >= over + slack;
  });
  return rows.slice(0, end < 0 ? rows.length : end + 1);
}
