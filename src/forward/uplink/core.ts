import type { ErrorCode } from "../../base/errors.ts";
import type { Ack } from "../../contract/ack.ts";
import type { Outbox, Row } from "../ports.ts";
import { SetAside } from "./aside.ts";
import { AwaitingCity } from "./awaiting.ts";
import type { Moment, Note, Send } from "./flow.ts";
import { Lanes, type LanesOptions } from "./lanes.ts";
import { expirySeconds } from "./pace.ts";
import { afterAnswer, afterDeath, NO_SUSPICION, type Suspicion } from "./poison.ts";
import { SentLog, toRanges } from "./sent-log.ts";
import { SlowTopics } from "./slow-topics.ts";
import { judge, type SlowReason, slowCode } from "./verdict.ts";

export interface CoreOptions extends LanesOptions {
  readonly proof: "broker" | "city";
  readonly maxAgeMs: number;
}

interface Flight {
  readonly row: Row;
  /** The city has acknowledged it before the broker did. */
  proven: boolean;
}

const SENT_REMEMBERED = 5000;

/**
 * Every decision between lease and verdict; no I/O of its own and no clock. A row is settled as accepted on proof only.
 * Whatever else happens to it, it stays in the outbox, where only age and size end its life.
 */
export class PumpCore {
  readonly #outbox: Outbox;
  readonly #options: CoreOptions;
  readonly #lanes: Lanes;
  readonly #slow = new SlowTopics();
  readonly #sent = new SentLog(SENT_REMEMBERED);
  readonly #inFlight = new Map<number, Flight>();
  readonly #awaiting = new AwaitingCity();
  readonly #aside = new SetAside();
  #suspicion: Suspicion = NO_SUSPICION;
  #window = 1;
  /** ms since the Unix epoch. */
  lastProofMs: number | null = null;

  constructor(outbox: Outbox, options: CoreOptions) {
    this.#outbox = outbox;
    this.#options = options;
    this.#lanes = new Lanes(outbox, options);
  }

  /** A connection is up. @param window publishes that may wait for their PUBACK at a time */
  connected(window: number, moment: Moment): void {
    this.#window = window;
    this.#lanes.restart(moment);
  }

  /** The outbox has new rows. */
  appended(): void {
    this.#lanes.appended();
  }

  /** Publishes what may go out now: probes of slow topics, then live rows, then the backlog; a row set aside goes alone. */
  next(moment: Moment, send: (one: Send) => void): void {
    this.#releaseOverdue(moment);
    if (this.#aloneIsOut() || this.#sendAside(moment, send)) return;
    while (this.#room() > 0) {
      const row = this.#choose(moment);
      if (!row) return;
      if (this.#admit(row, moment)) this.#publish(row, moment, send);
    }
  }

  /** The broker's PUBACK. */
  answered(id: number, reasonCode: number, moment: Moment): Note | null {
    const flight = this.#inFlight.get(id);
    if (!flight) return null;
    this.#inFlight.delete(id);
    this.#aside.delete(id);
    const judgement = judge(reasonCode, this.#options.proof);
    this.#suspicion = afterAnswer(this.#suspicion, judgement === "proven" || judgement === "await_city");
    if (flight.proven) return null;
    if (judgement === "set_aside") return this.#refused(flight.row, reasonCode, moment);
    if (judgement !== "proven" && judgement !== "await_city") {
      return this.#slowDown(flight.row, judgement, reasonCode, moment);
    }
    if (judgement === "proven") this.#accept(id, moment);
    else this.#awaiting.add(id, moment.monoMs);
    this.#open(flight.row);
    return null;
  }

  /** The city's own acknowledgement. @returns false when it covers what was never sent */
  cityAcknowledged(ack: Ack, moment: Moment): boolean {
    const { numbers, ids, unknown } = this.#sent.take(ack);
    if (numbers.length > 0) {
      this.#outbox.settleNumbers(ack.stream, ack.epoch, toRanges(numbers));
      this.lastProofMs = moment.nowMs;
    }
    for (const id of ids) {
      this.#awaiting.delete(id);
      const flight = this.#inFlight.get(id);
      if (flight) flight.proven = true;
      else this.#aside.delete(id);
    }
    return !unknown;
  }

  /** The connection is gone: nothing in flight is proven, everything goes back except what waits for a try of its own. */
  lost(moment: Moment): Note | null {
    const flights = [...this.#inFlight.values()].filter(({ proven }) => !proven).map(({ row }) => row);
    const alone = flights.find(({ id }) => this.#aside.has(id));
    const { suspicion, convicted, amnesty } = afterDeath(
      this.#suspicion,
      alone ? [] : flights.map(({ id }) => id),
    );
    this.#suspicion = suspicion;
    const guilty = flights.find(({ id }) => id === convicted || id === alone?.id);
    if (guilty) this.#aside.put(guilty, true, moment.monoMs);
    const back = [...flights, ...this.#lanes.drop(), ...(amnesty ? this.#aside.pardon() : [])];
    const ids = new Set([...back.map(({ id }) => id), ...this.#awaiting.clear()]);
    for (const id of ids) if (!this.#aside.has(id) && !this.#slow.isProbe(id)) this.#release(id);
    this.#inFlight.clear();
    return guilty ? { what: "aside", row: guilty, reasonCode: null } : null;
  }

  /** When `next` should be called again, monotonic ms, if nothing else happens; undefined: only an event can help. */
  wakeAtMs(): number | undefined {
    const times = [this.#awaiting.nextMs()];
    if (this.#room() > 0 && !this.#aloneIsOut()) {
      if (this.#inFlight.size === 0) times.push(this.#aside.retryAtMs());
      for (const { row, atMs } of this.#slow.probes()) if (!this.#inFlight.has(row.id)) times.push(atMs);
      if (this.#awaiting.roomForLive) times.push(this.#lanes.liveDueMs());
      if (this.#awaiting.roomForBacklog) times.push(this.#lanes.backlogDueMs());
    }
    const known = times.filter((time) => time !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  /** What keeps rows from being delivered although the connection is up; null when nothing does. */
  get trouble(): ErrorCode | null {
    const reason = this.#slow.reason;
    if (reason) return slowCode(reason);
    return this.#aside.size > 0 ? "broker.rejected" : null;
  }

  #room(): number {
    return (this.#suspicion.probation > 0 ? 1 : this.#window) - this.#inFlight.size;
  }

  #aloneIsOut(): boolean {
    for (const id of this.#inFlight.keys()) if (this.#aside.has(id)) return true;
    return false;
  }

  /** True when a row set aside is due: it waits until nothing else is in flight, then goes alone. */
  #sendAside(moment: Moment, send: (one: Send) => void): boolean {
    for (const row of this.#aside.due(moment.monoMs)) {
      if (this.#inFlight.size > 0) return true;
      if (!this.#expired(row, moment)) {
        this.#publish(row, moment, send);
        return true;
      }
      this.#aside.delete(row.id);
      this.#release(row.id);
    }
    return false;
  }

  #choose(moment: Moment): Row | null {
    for (const { row, atMs } of this.#slow.probes()) {
      if (atMs <= moment.monoMs && !this.#inFlight.has(row.id)) return row;
    }
    const live = this.#awaiting.roomForLive ? this.#lanes.takeLive(moment) : null;
    return live ?? (this.#awaiting.roomForBacklog ? this.#lanes.takeBacklog(moment) : null);
  }

  /** False when the row must not go out now; it is then back in the outbox, or kept as the one that tries. */
  #admit(row: Row, moment: Moment): boolean {
    if (this.#expired(row, moment)) {
      this.#release(row.id);
      this.#giveUpProbe(row);
      return false;
    }
    if (!this.#slow.has(row.topic)) return true;
    const isProbe = this.#slow.isProbe(row.id);
    if (!isProbe && !this.#slow.adopt(row)) this.#release(row.id);
    return isProbe;
  }

  #expired(row: Row, { nowMs, clockSynced }: Moment): boolean {
    return expirySeconds(row, nowMs, this.#options.maxAgeMs, clockSynced) === 0;
  }

  #publish(row: Row, moment: Moment, send: (one: Send) => void): void {
    const { nowMs, clockSynced } = moment;
    this.#inFlight.set(row.id, { row, proven: false });
    if (this.#options.proof === "city") this.#sent.add(row);
    const rest = expirySeconds(row, nowMs, this.#options.maxAgeMs, clockSynced);
    send({ row, late: this.#lanes.isLate(row), expirySeconds: rest });
  }

  #accept(id: number, { nowMs }: Moment): void {
    this.#outbox.settle(id, "accepted");
    this.lastProofMs = nowMs;
  }

  #release(id: number): void {
    this.#outbox.settle(id, "released");
  }

  /** The topic works: rows passed by while it did not are looked for again. */
  #open({ topic, id }: Row): void {
    const slow = this.#slow.opened(topic);
    if (!slow) return;
    if (slow.probe && slow.probe.id !== id && !this.#inFlight.has(slow.probe.id))
      this.#release(slow.probe.id);
    this.#lanes.rewind();
  }

  #slowDown(row: Row, reason: SlowReason, reasonCode: number, moment: Moment): Note | null {
    const { kept, first } = this.#slow.failed(row, reason, moment.monoMs);
    if (!kept) this.#release(row.id);
    return first ? { what: "slow", topic: row.topic, code: slowCode(reason), reasonCode } : null;
  }

  /** A message the broker does not want: set aside, unless so many are that it is no longer about the message. */
  #refused(row: Row, reasonCode: number, moment: Moment): Note | null {
    if (this.#aside.isFull) return this.#slowDown(row, "rejected", reasonCode, moment);
    this.#aside.put(row, false, moment.monoMs);
    this.#giveUpProbe(row);
    return { what: "aside", row, reasonCode };
  }

  /** The next row of the topic tries in its place; it is looked for from the oldest on. */
  #giveUpProbe(row: Row): void {
    if (this.#slow.abandon(row)) this.#lanes.rewind();
  }

  #releaseOverdue({ monoMs }: Moment): void {
    const overdue = this.#awaiting.takeOverdue(monoMs);
    for (const id of overdue) this.#release(id);
    if (overdue.length > 0) this.#lanes.rewind();
  }
}
