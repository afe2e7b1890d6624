import type { Clock } from "../base/clock.ts";
import { MAX_SEALED_CHARACTERS } from "../contract/sealed.ts";
import { gatewayName, parseTopic } from "../contract/topics.ts";
import { AckBook, type PendingAck } from "./acks.ts";
import { type Alarm, AlarmLimiter, type AlarmReason } from "./alarms.ts";
import { Announcements } from "./announcements.ts";
import { GapKeeper } from "./gap-keeper.ts";
import type { ReaderHandlers } from "./handlers.ts";
import type { Registry } from "./keys.ts";
import type { Memory, MessageKey } from "./memory.ts";
import { type Outcome, rejected, type Verdict } from "./outcome.ts";
import { SealedMessages } from "./sealed-messages.ts";

export interface ReaderOptions extends ReaderHandlers {
  readonly registry: Registry;
  /** What has been seen. The caller opens and closes it. */
  readonly memory: Memory;
  readonly clock: Clock;
  /** Collect acknowledgements for the gateways (`broker.ack: city`); default false. */
  readonly ack?: boolean;
  /** How long a hole may be open before it is told as undeclared, ms; default ten minutes. */
  readonly graceMs?: number;
}

export type Counts = { readonly [result in Outcome["result"]]: number };

/** The reader without a transport: messages in, handlers called, everything seen remembered. */
export interface Reader {
  /**
   * Takes one message. Messages are handled one after the other, in the order of the calls. Never throws on what came in.
   * Rejects only when a handler rejected or the memory failed: then nothing is marked, and the transport must not
   * acknowledge the message, so that it comes again.
   */
  receive(topic: string, payload: Uint8Array): Promise<Outcome>;
  /** Takes a newer registry and tells holes whose grace period is over; to be called every few seconds. */
  tick(): Promise<void>;
  /** Takes the acknowledgements that wait for the gateways; none without `ack`. */
  takeAcks(): PendingAck[];
  /** How many message numbers wait to be acknowledged. */
  acksWaiting(): number;
  /** Outcomes since the start. */
  counts(): Counts;
}

const GRACE_MS = 600_000;
/** Refusals that a key or a gateway added meanwhile could undo. */
const MENDABLE: ReadonlySet<AlarmReason> = new Set([
  "unknown_gateway",
  "revoked_gateway",
  "unknown_signer",
  "unknown_city_key",
  "not_privacy",
  "not_walk_record",
]);

/** Makes a reader. It starts nothing and owns nothing: no timer, no connection, no file. */
export function createReader(options: ReaderOptions): Reader {
  return new SerialReader(options);
}

class SerialReader implements Reader {
  readonly #options: ReaderOptions;
  readonly #gaps: GapKeeper;
  readonly #sealed: SealedMessages;
  readonly #announcements: Announcements;
  readonly #alarms: AlarmLimiter;
  readonly #acks = new AckBook();
  readonly #counts = { handled: 0, duplicate: 0, rejected: 0, ignored: 0 };
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: ReaderOptions) {
    this.#options = options;
    const { memory, clock, registry, graceMs = GRACE_MS } = options;
    const onGap = options.onGap ?? (() => {});
    this.#gaps = new GapKeeper({ memory, clock, graceMs, onGap });
    this.#alarms = new AlarmLimiter(clock);
    const handled = (key: MessageKey) => options.ack && this.#acks.add(key);
    const parts = { handlers: options, memory, clock, gaps: this.#gaps, handled };
    this.#sealed = new SealedMessages({ ...parts, registry });
    this.#announcements = new Announcements({ ...parts, registry });
  }

  receive(topic: string, payload: Uint8Array): Promise<Outcome> {
    return this.#next(async () => {
      const verdict = await this.#judgeWithNewest(topic, payload);
      this.#counts[verdict.outcome.result]++;
      const alarm =
        verdict.outcome.result === "rejected" ? this.#alarmFor(topic, verdict.outcome.reason) : null;
      if (alarm) await this.#options.onAlarm?.({ ...alarm, ...verdict.number });
      return verdict.outcome;
    });
  }

  tick(): Promise<void> {
    return this.#next(() => {
      this.#options.registry.refresh?.(true);
      return this.#gaps.tick(this.#options.registry.gateways.keys());
    });
  }

  takeAcks(): PendingAck[] {
    return this.#acks.take();
  }

  acksWaiting(): number {
    return this.#acks.size;
  }

  counts(): Counts {
    return { ...this.#counts };
  }

  /** One at a time: a message delivered again while its handler still runs must find it marked. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => {});
    return result;
  }

  /** A key may be newer than this reader: what only a new key could mend is judged once more with it. */
  async #judgeWithNewest(topic: string, payload: Uint8Array): Promise<Verdict> {
    const verdict = await this.#judge(topic, payload);
    const { outcome } = verdict;
    const mendable = outcome.result === "rejected" && MENDABLE.has(outcome.reason);
    return mendable && this.#options.registry.refresh?.(false) ? this.#judge(topic, payload) : verdict;
  }

  async #judge(topic: string, payload: Uint8Array): Promise<Verdict> {
    const parsed = parseTopic(topic);
    if (!parsed) return rejected("not_telpost");
    const gateway = gatewayName(parsed);
    const keys = this.#options.registry.gateways.get(gateway);
    if (!keys) return rejected("unknown_gateway");
    // Also what is not signed: whoever has the card has its certificate for the broker too.
    if (keys.size === 0) return rejected("revoked_gateway");
    if (payload.length > MAX_SEALED_CHARACTERS) return rejected("too_large");
    switch (parsed.leaf) {
      case "sealed":
        return this.#sealed.receive(gateway, payload);
      case "event":
        return this.#announcements.event(gateway, payload);
      case "status":
        return this.#announcements.status(gateway, payload);
      case "health":
        return this.#announcements.health(gateway, payload);
      case "privacy":
        return this.#announcements.privacy(gateway, payload);
      default:
        return { outcome: { result: "ignored" } };
    }
  }

  #alarmFor(topic: string, reason: AlarmReason): Alarm | null {
    const parsed = parseTopic(topic);
    return this.#alarms.admit({ reason, gateway: parsed && gatewayName(parsed) });
  }
}
