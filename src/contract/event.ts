import { z } from "zod";
import {
  COMMANDS,
  CONTACT_USES,
  GAP_REASONS,
  type GatewayEvent,
  PLATFORM_ALARMS,
  WALK_ENDS,
  WALK_VERDICTS,
  type WindowRange,
} from "../model.ts";
import type { Identity } from "./topics.ts";
import { bytesShown, MAX_WALK_RECORD_CHARACTERS, personText, WALK_RECORD_TEXT } from "./walk-test.ts";

/** The message on the topic `event`: what the gateway declares about itself. JSON, UTF-8, never caused by a count. */

export const EVENT_SCHEMA = "telpost/event/1";

/** Who speaks, and the number of the event in the outbox's own epoch, from 0. */
export interface EventHeader extends Identity {
  readonly epoch: string;
  readonly seq: number;
  /** When it happened or was noticed, ms since the Unix epoch. */
  readonly atMs: number;
}

const count = z.int().min(0);
const epoch = z.string().regex(/^[0-9a-z]{16}$/);
const level = z.string().regex(/^[a-z0-9-]{1,32}$/);
/** RFC 3339, UTC, to the second or millisecond. */
const instant = z.iso.datetime();
const word = z.string().regex(/^[a-z0-9_-]{1,64}$/);
/** MQTT 5 correlation data, at most 64 bytes in base64url. */
const correlation = z
  .string()
  .regex(/^[A-Za-z0-9_-]{0,86}$/)
  .nullable();
const alarmState = z.enum(["raised", "cleared"]);

/** Makes an object schema: closed for the writer, tolerant of unknown keys for the reader. */
type MakeObject<C extends z.core.$ZodObjectConfig> = <T extends z.core.$ZodLooseShape>(
  shape: T,
) => z.ZodObject<z.core.util.Writeable<T>, C>;

const header = {
  schema: z.literal(EVENT_SCHEMA),
  tenant: level,
  site: level,
  gateway: level,
  epoch,
  seq: count,
  at: instant,
};

/** The words that may grow: a closed list for the writer, any word for the reader. */
interface Words<R, P, U, N, H, V> {
  readonly reason: R;
  readonly what: P;
  readonly use: U;
  readonly name: N;
  readonly walk: WalkWords<H, V>;
}
interface WalkWords<H, V> {
  readonly how: H;
  readonly verdict: V;
}
type Text = z.ZodType<string>;

function eventSchema<
  C extends z.core.$ZodObjectConfig,
  R extends Text,
  P extends Text,
  U extends Text,
  N extends Text,
  H extends Text,
  V extends Text,
>(object: MakeObject<C>, { reason, what, use, name, walk }: Words<R, P, U, N, H, V>) {
  const [begun, over] = walkSchemas(object, walk);
  return z.discriminatedUnion("kind", [
    gapSchema(object, reason),
    /** Something about the machine itself. */
    object({ ...header, kind: z.literal("platform"), what, state: alarmState }),
    /** A contact of the gateway's cabinet or supply. */
    object({ ...header, kind: z.literal("contact"), id: level, use, state: alarmState }),
    object({
      ...header,
      kind: z.literal("epoch"),
      new: epoch,
      previous: epoch.nullable(),
      lastSeqKept: count.nullable(),
    }),
    object({ ...header, kind: z.literal("clock_step"), from: instant, to: instant }),
    object({
      ...header,
      kind: z.literal("key"),
      change: z.enum(["new_set", "expiring", "expired", "none_usable", "refused"]),
      /** Of the key set in use; of the refused one where it could be verified, else null. */
      version: count.nullable(),
      /** With `expiring`: the last city key expires within so many days; with `expired`: sealing stops within so many. */
      withinDays: count.exactOptional(),
    }),
    /** The city asked for something on `cmd/<name>`; null stands for a name that is none of a command. */
    object({
      ...header,
      kind: z.literal("command"),
      name: name.nullable(),
      outcome: z.enum(["done", "refused"]),
      /** Error code of the table when it was refused, else null. */
      code: z.string().max(64).nullable(),
      correlation,
    }),
    object({
      ...header,
      kind: z.literal("conflict"),
      what: z.enum(["same_number_other_bytes", "window_not_later"]),
      /** The message that was refused. */
      message: object({ epoch, seq: count }),
    }),
    begun,
    over,
  ]);
}

/** A walk test: when it begins, and when it is over with its signed record. */
function walkSchemas<C extends z.core.$ZodObjectConfig, H extends Text, V extends Text>(
  object: MakeObject<C>,
  { how, verdict }: WalkWords<H, V>,
) {
  const about = { ...header, sensor: level, line: level };
  const record = z.string().max(MAX_WALK_RECORD_CHARACTERS).regex(WALK_RECORD_TEXT);
  const who = { operator: personText, reason: personText };
  return [
    object({ ...about, kind: z.literal("walk_test"), ...who, bytes: bytesShown, until: instant }),
    object({ ...about, kind: z.literal("commissioning"), how, verdict: z.array(verdict).max(8), record }),
  ] as const;
}

function gapSchema<C extends z.core.$ZodObjectConfig, R extends Text>(object: MakeObject<C>, reason: R) {
  const window = object({ seconds: z.int().min(1).max(86_400), from: instant, to: instant });
  const range = z.tuple([count, count]);
  return object({
    ...header,
    kind: z.literal("gap"),
    reason,
    /** Numbers that will never come; closed ranges of one epoch. */
    numbers: object({ epoch, ranges: z.array(range).min(1).max(256) }).exactOptional(),
    /** Windows of one length that will never come: [from, to). */
    windows: z.array(window).min(1).max(16).exactOptional(),
  });
}

/** Closed: what the gateway may write. */
export const eventMessage = eventSchema(z.strictObject, {
  reason: z.enum(GAP_REASONS),
  what: z.enum(PLATFORM_ALARMS),
  use: z.enum(CONTACT_USES),
  name: z.enum(COMMANDS),
  walk: { how: z.enum(WALK_ENDS), verdict: z.enum(WALK_VERDICTS) },
});
export type EventMessage = z.output<typeof eventMessage>;

/** Tolerant: accepts words and optional fields it does not know. For readers. */
export const eventMessageForReaders = eventSchema(z.object, {
  reason: word,
  what: word,
  use: word,
  name: word,
  walk: { how: word, verdict: word },
});
export type ReadEventMessage = z.output<typeof eventMessageForReaders>;

const KINDS: readonly string[] = eventMessage.options.map(({ shape }) => shape.kind.value);

/**
 * An event of a kind that only a later version knows, with everything in it. For readers: it is numbered, handed on and
 * acknowledged like any other, so that a gateway may be newer than its city.
 */
export const laterEventForReaders = z.looseObject({
  ...header,
  kind: word.refine((kind) => !KINDS.includes(kind)).meta({ not: { enum: KINDS } }),
});
export type LaterEvent = z.output<typeof laterEventForReaders>;

/** The event as it goes over the wire. */
export function toEventMessage(header: EventHeader, event: GatewayEvent): EventMessage {
  const { tenant, site, gateway, epoch, seq, atMs } = header;
  return { schema: EVENT_SCHEMA, tenant, site, gateway, epoch, seq, at: instantText(atMs), ...body(event) };
}

/** Everything of the message but its header. `conflict` names the message inside, for `epoch` and `seq` are the event's own. */
function body(event: GatewayEvent) {
  switch (event.kind) {
    case "gap": {
      const { windows, numbers, ...rest } = event;
      return {
        ...rest,
        ...(numbers && { numbers: { epoch: numbers.epoch, ranges: numbers.ranges.map(pair) } }),
        ...(windows && { windows: windows.map(windowText) }),
      };
    }
    case "clock_step":
      return { kind: event.kind, from: instantText(event.fromMs), to: instantText(event.toMs) };
    case "conflict": {
      const { kind, what, epoch, seq } = event;
      return { kind, what, message: { epoch, seq } };
    }
    case "walk_test": {
      const { untilMs, ...rest } = event;
      return { ...rest, until: instantText(untilMs) };
    }
    case "commissioning":
      return { ...event, verdict: [...event.verdict] };
    default:
      return event;
  }
}

function pair([from, to]: readonly [number, number]): [number, number] {
  return [from, to];
}

function windowText({ seconds, fromMs, toMs }: WindowRange) {
  return { seconds, from: instantText(fromMs), to: instantText(toMs) };
}

/** RFC 3339 ends with the year 9999: a clock that claims to be beyond it is shown as that year's last millisecond. */
const LAST_INSTANT_MS = 253_402_300_799_999;

/** RFC 3339 UTC; milliseconds only when there are any. @param ms since the Unix epoch */
export function instantText(ms: number): string {
  return new Date(Math.min(ms, LAST_INSTANT_MS)).toISOString().replace(".000Z", "Z");
}
