import type { z } from "zod";
import { eventMessageForReaders, laterEventForReaders, type ReadEventMessage } from "../contract/event.ts";
import { health } from "../contract/health.ts";
import { jsonOf } from "../contract/json.ts";
import { type Status, status } from "../contract/status.ts";
import { gatewayName } from "../contract/topics.ts";
import { type Declared, type GapState, withDeclared, withEpochEnd } from "./gaps.ts";
import type { Registry } from "./keys.ts";
import { hashOfBytes } from "./marks.ts";
import type { MessageKey } from "./memory.ts";
import { outcome, rejected, type Verdict } from "./outcome.ts";
import { openReport } from "./privacy.ts";
import type { ReceiveParts } from "./sealed-messages.ts";
import { openWalkRecord } from "./walk-record.ts";

/** The run of a gateway that spoke last. */
interface LastStatus {
  readonly hash: string;
  readonly born: Pick<Status, "bootId" | "connection"> | null;
}

/** Messages that are not sealed: events, births and deaths, health. What is not signed in them is as trustworthy as the broker. */
export class Announcements {
  readonly #parts: ReceiveParts & { readonly registry: Registry };
  readonly #statuses = new Map<string, LastStatus>();

  /** Hash of the report handed on last, by gateway. */
  readonly #reports = new Map<string, string>();

  constructor(parts: ReceiveParts & { readonly registry: Registry }) {
    this.#parts = parts;
  }

  /** An event has the same guarantees as data: numbered, deduplicated, marked after its handler. */
  async event(gateway: string, payload: Uint8Array): Promise<Verdict> {
    const { memory, clock, gaps, handlers, handled, registry } = this.#parts;
    const known = parse(eventMessageForReaders, payload);
    const later = known ? null : parse(laterEventForReaders, payload);
    const message = known ?? later;
    if (!message || gatewayName(message) !== gateway) return rejected("not_event");
    const { epoch, seq } = message;
    const key: MessageKey = { stream: "event", gateway, epoch, seq };
    const hash = hashOfBytes(payload);
    const before = memory.hashOf(key);
    if (before !== null && before !== hash) return rejected("same_number_other_bytes", { epoch, seq });
    if (before === null) {
      if (known?.kind === "commissioning" && !(await openWalkRecord(known, registry)))
        return rejected("not_walk_record", { epoch, seq });
      if (known) await handlers.onEvent?.(known, { gateway, epoch, seq });
      if (later) await handlers.onLaterEvent?.(later, { gateway, epoch, seq });
      const times = { endMs: Date.parse(message.at), markedMs: clock.realtime() };
      const mark = { ...key, ...times, hash, windows: [] };
      await gaps.change(gateway, mark, (state, nowMs) => (known ? withEvent(state, known, nowMs) : state));
    }
    handled(key);
    return outcome(before === null ? "handled" : "duplicate");
  }

  /** A retained message comes again with every subscription, and a last will may come after the next birth. */
  async status(gateway: string, payload: Uint8Array): Promise<Verdict> {
    // A retained message that was taken away.
    if (payload.length === 0) return outcome("ignored");
    const message = parse(status, payload);
    if (!message) return rejected("not_status");
    const hash = hashOfBytes(payload);
    const last = this.#statuses.get(gateway);
    if (last?.hash === hash) return outcome("duplicate");
    const { bootId, connection } = message;
    const online = message.state === "online";
    if (!online && last?.born && isStale(message, last.born)) return outcome("ignored");
    await this.#parts.handlers.onStatus?.(message, { gateway });
    this.#statuses.set(gateway, { hash, born: online ? { bootId, connection } : (last?.born ?? null) });
    return outcome("handled");
  }

  async health(gateway: string, payload: Uint8Array): Promise<Verdict> {
    const message = parse(health, payload);
    if (!message) return rejected("not_health");
    await this.#parts.handlers.onHealth?.(message, { gateway });
    return outcome("handled");
  }

  /** The privacy report is signed by the gateway itself; an empty one was taken away by the city. */
  async privacy(gateway: string, payload: Uint8Array): Promise<Verdict> {
    const { registry, handlers } = this.#parts;
    if (payload.length === 0) return outcome("ignored");
    const hash = hashOfBytes(payload);
    if (this.#reports.get(gateway) === hash) return outcome("duplicate");
    const report = await openReport(Buffer.from(payload).toString("latin1"), gateway, registry);
    if (!report) return rejected("not_privacy");
    await handlers.onPrivacy?.(report, { gateway });
    this.#reports.set(gateway, hash);
    return outcome("handled");
  }
}

/** A death of another run than the one born last: the broker published an old will. */
function isStale(death: Status, born: Pick<Status, "bootId" | "connection">): boolean {
  return death.bootId !== born.bootId || death.connection < born.connection;
}

function withEvent(state: GapState, event: ReadEventMessage, nowMs: number): GapState {
  if (event.kind === "gap") return withDeclared(state, declaredBy(event), nowMs);
  if (event.kind === "epoch" && event.previous !== null && event.lastSeqKept !== null) {
    return withEpochEnd(state, event.previous, event.lastSeqKept, nowMs);
  }
  return state;
}

function declaredBy(event: Extract<ReadEventMessage, { kind: "gap" }>): Declared {
  const { reason, numbers, windows } = event;
  const ranges = windows?.map(({ seconds, from, to }) => ({
    seconds,
    fromMs: Date.parse(from),
    toMs: Date.parse(to),
  }));
  return { reason, ...(numbers && { numbers }), ...(ranges && { windows: ranges }) };
}

/** What a payload holds, or null. Never throws: it comes from outside. */
function parse<T extends z.ZodType>(schema: T, payload: Uint8Array): z.output<T> | null {
  try {
    const result = schema.safeParse(jsonOf(payload));
    return result.success ? result.data : null;
  } catch {
    return null; // Not UTF-8 or not JSON.
  }
}
