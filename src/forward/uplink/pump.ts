import type { Clock, Timer } from "../../base/clock.ts";
import { errorLine, TelpostError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Ack } from "../../contract/ack.ts";
import type { Outbox, PassingLog, Row } from "../ports.ts";
import { reasonHex } from "./classify.ts";
import { type CoreOptions, PumpCore } from "./core.ts";
import type { Moment, Note, Send } from "./flow.ts";
import type { Link } from "./link.ts";

export interface PumpOptions extends CoreOptions {
  readonly clock: Clock;
  readonly clockSynced: () => boolean;
  readonly log: Log;
  /** The configured window; the broker's receive maximum may be smaller. */
  readonly inFlight: number;
  /** A row was proven. */
  readonly onProof: () => void;
  readonly passing?: PassingLog | undefined;
}

const STORAGE_RETRY_MS = 10_000;
/** The state of the clock is a system call, asked for at most this often. */
const CLOCK_STATE_MS = 1_000;

/** The loop lease, publish, proof, settle: performs on a link what the core decides, and wakes it in time. */
export class Pump {
  readonly #options: PumpOptions;
  readonly #core: PumpCore;
  #link: Link | null = null;
  #paused = false;
  #timer: Timer | undefined;
  /** When `#timer` ends, monotonic ms. */
  #timerMs: number | undefined;
  #clockState = { atMs: Number.NEGATIVE_INFINITY, synced: false };
  #ackUnknownTold = false;

  constructor(outbox: Outbox, options: PumpOptions) {
    this.#options = options;
    this.#core = new PumpCore(outbox, options);
    outbox.onAppended(() => {
      this.#core.appended();
      this.#turn();
    });
  }

  /** Starts on a connection that is up, its birth acknowledged. */
  start(link: Link): void {
    this.#link = link;
    this.#ackUnknownTold = false;
    const window = Math.min(this.#options.inFlight, link.receiveMaximum);
    this.#turn((moment) => this.#core.connected(window, moment));
  }

  /** Publishes nothing more, but still takes answers. */
  pause(): void {
    this.#paused = true;
    this.#wakeAt(undefined);
  }

  /** The connection is gone: what was not proven goes back. */
  lost(): void {
    if (!this.#link) return;
    this.#link = null;
    this.#wakeAt(undefined);
    this.#tell(this.#core.lost(this.#moment()));
  }

  /** What the city acknowledges while the outbox fails is forgotten: the rows are published again, and proven then. */
  cityAcknowledged(ack: Ack): void {
    const before = this.#core.lastProofMs;
    this.#turn((moment) => {
      if (this.#core.cityAcknowledged(ack, moment) || this.#ackUnknownTold) return;
      this.#ackUnknownTold = true;
      this.#options.log.warn("uplink.ack_unknown", { stream: ack.stream, epoch: ack.epoch });
    });
    if (this.#core.lastProofMs !== before) this.#proven(ack);
  }

  get core(): Pick<PumpCore, "trouble" | "lastProofMs"> {
    return this.#core;
  }

  #turn(first: (moment: Moment) => void = () => {}, moment = this.#moment()): void {
    if (!this.#link || this.#paused) return;
    try {
      first(moment);
      this.#core.next(moment, (one) => this.#publish(one));
      this.#wakeAt(this.#core.wakeAtMs());
    } catch (failure) {
      // Reading the outbox failed: nothing is settled, so trying again later loses nothing.
      if (!(failure instanceof TelpostError)) throw failure;
      this.#options.log.warn("outbox.write_failed", { code: failure.code, detail: errorLine(failure) });
      this.#wakeAt(this.#options.clock.monotonic() + STORAGE_RETRY_MS);
    }
  }

  #publish({ row, late, expirySeconds }: Send): void {
    const contentType = row.stream === "sealed" ? "application/jose" : "application/json";
    const { topic, payload } = row;
    const message = { topic, payload, retain: false, contentType, expirySeconds, late } as const;
    this.#options.passing?.sent(row);
    this.#link?.publish(message, (reasonCode) => this.#answered(row, reasonCode));
  }

  #answered(row: Row, reasonCode: number): void {
    const before = this.#core.lastProofMs;
    const moment = this.#moment();
    this.#tell(this.#core.answered(row.id, reasonCode, moment));
    const { stream, epoch, seq } = row;
    if (this.#core.lastProofMs !== before) this.#proven({ stream, epoch, ranges: [[seq, seq]] });
    this.#turn(() => {}, moment);
  }

  #proven(numbers: Ack): void {
    this.#options.passing?.proven(numbers);
    this.#options.onProof();
  }

  /** Sets the one timer; most turns of a drain leave it where it is. */
  #wakeAt(atMs: number | undefined): void {
    if (atMs === this.#timerMs) return;
    const { clock } = this.#options;
    this.#timer?.cancel();
    this.#timerMs = atMs;
    if (atMs === undefined) return;
    this.#timer = clock.after("uplink.pump", Math.max(0, atMs - clock.monotonic()), () => {
      this.#timerMs = undefined;
      this.#turn();
    });
  }

  #moment(): Moment {
    const { clock, clockSynced } = this.#options;
    const monoMs = clock.monotonic();
    if (monoMs - this.#clockState.atMs >= CLOCK_STATE_MS)
      this.#clockState = { atMs: monoMs, synced: clockSynced() };
    return { monoMs, nowMs: clock.realtime(), clockSynced: this.#clockState.synced };
  }

  #tell(note: Note | null): void {
    if (!note) return;
    const { log } = this.#options;
    if (note.what === "slow") {
      const fields = { code: note.code, topic: note.topic, reason: reasonHex(note.reasonCode) };
      log.warn(note.code === "broker.no_subscriber" ? "uplink.no_subscriber" : "uplink.row_denied", fields);
      return;
    }
    const { topic, epoch, seq } = note.row;
    const reason = note.reasonCode === null ? "the connection ends on it" : reasonHex(note.reasonCode);
    log.warn("uplink.row_denied", { code: "broker.rejected", topic, epoch, seq, reason });
  }
}
