import { z } from "zod";
import { KEY_SET_TEXT, MAX_KEY_SET_CHARACTERS } from "../contract/key-set.ts";
import { MAX_PRIVACY_REPORT_CHARACTERS } from "../contract/privacy-report.ts";
import { WALK_ANSWERS } from "../contract/walk-limits.ts";
import {
  bytesShown,
  MAX_WALK_RECORD_CHARACTERS,
  personText,
  WALK_RECORD_TEXT,
} from "../contract/walk-test.ts";
import {
  COMMANDS,
  CONTACT_USES,
  DELIVERY_STATES,
  GAP_REASONS,
  PLATFORM_ALARMS,
  WALK_ENDS,
  WALK_VERDICTS,
} from "../model.ts";

/**
 * Everything that crosses between the two processes: one union each way, plain data, checked on arrival.
 * A frame is a big-endian u32 length and that many bytes of UTF-8 JSON, at most MAX_FRAME_BYTES.
 * Another major version at the other end: both hold and say so. Unknown keys are refused.
 */
export const PROTOCOL = { major: 1, minor: 5 } as const;
/** An older sense would take the message `restart` for a breach of the protocol. */
export const RESTART_SINCE_MINOR = 2;
/** From this minor version on both ends know walk tests. */
export const WALKS_SINCE_MINOR = 3;
/** An older sense would take the message `delivery` for a breach of the protocol. */
export const DELIVERY_SINCE_MINOR = 4;
/** An older forward would take a walk test that says whether bytes are shown for a breach of the protocol. */
export const WALK_BYTES_SINCE_MINOR = 5;
export const MAX_FRAME_BYTES = 256 * 1024;

const ms = z.int().min(0).max(8.64e15);
const count = z.int().min(0);
const epoch = z.string().regex(/^[0-9a-z]{16}$/);
const seconds = z.int().min(1).max(86_400);
const id = z.string().regex(/^[a-z0-9-]{1,32}$/);
const thumbprint = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const version = z.strictObject({ major: count, minor: count });

const baseline = z.strictObject({
  channel: z.string().regex(/^[a-z0-9-]{1,32}\/(in|out)$/),
  endMs: ms,
  box: z
    .string()
    .max(256)
    .regex(/^[A-Za-z0-9_-]+$/),
});
const baselines = z.array(baseline).max(512).readonly();

const message = z.strictObject({
  epoch,
  seq: count,
  endMs: ms,
  lengths: z.array(seconds).min(1).max(16).readonly(),
  jws: z
    .string()
    .max(200 * 1024)
    .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/),
});

/** A signed city key set, as compact as it was signed. */
const keySet = z.string().max(MAX_KEY_SET_CHARACTERS).regex(KEY_SET_TEXT);

const report = z.string().max(MAX_PRIVACY_REPORT_CHARACTERS).regex(KEY_SET_TEXT);

const alarmState = z.enum(["raised", "cleared"]);
const range = z.tuple([count, count]).readonly();
const windowRange = z.strictObject({ seconds, fromMs: ms, toMs: ms });

const walkTest = z.strictObject({
  kind: z.literal("walk_test"),
  sensor: id,
  line: id,
  operator: personText,
  reason: personText,
  /** Since minor 5. */
  bytes: bytesShown,
  untilMs: ms,
});

export type WalkTest = z.infer<typeof walkTest>;

/** The body of an event, as it crosses the handover and as it stands in the outbox. */
export const gatewayEvent = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("gap"),
    reason: z.enum(GAP_REASONS),
    numbers: z.strictObject({ epoch, ranges: z.array(range).min(1).max(256).readonly() }).exactOptional(),
    windows: z.array(windowRange).min(1).max(16).readonly().exactOptional(),
  }),
  z.strictObject({
    kind: z.literal("epoch"),
    new: epoch,
    previous: epoch.nullable(),
    lastSeqKept: count.nullable(),
  }),
  z.strictObject({ kind: z.literal("clock_step"), fromMs: ms, toMs: ms }),
  z.strictObject({ kind: z.literal("platform"), what: z.enum(PLATFORM_ALARMS), state: alarmState }),
  z.strictObject({ kind: z.literal("contact"), id, use: z.enum(CONTACT_USES), state: alarmState }),
  z.strictObject({
    kind: z.literal("key"),
    change: z.enum(["new_set", "expiring", "expired", "none_usable", "refused"]),
    version: count.nullable(),
    withinDays: count.exactOptional(),
  }),
  z.strictObject({
    kind: z.literal("command"),
    name: z.enum(COMMANDS).nullable(),
    outcome: z.enum(["done", "refused"]),
    code: z.string().max(64).nullable(),
    correlation: z
      .string()
      .regex(/^[A-Za-z0-9_-]{0,86}$/)
      .nullable(),
  }),
  z.strictObject({
    kind: z.literal("conflict"),
    what: z.enum(["same_number_other_bytes", "window_not_later"]),
    epoch,
    seq: count,
  }),
  walkTest,
  z.strictObject({
    kind: z.literal("commissioning"),
    sensor: id,
    line: id,
    how: z.enum(WALK_ENDS),
    verdict: z.array(z.enum(WALK_VERDICTS)).max(8).readonly(),
    record: z.string().max(MAX_WALK_RECORD_CHARACTERS).regex(WALK_RECORD_TEXT),
  }),
]);

const sensorState = z.strictObject({
  id,
  profile: id,
  link: z.enum(["up", "down", "fault"]),
  errors: z.enum(["none", "some", "many"]),
  code: z.string().max(64).exactOptional(),
  experimental: z.literal(true).exactOptional(),
});

const contactState = z.strictObject({
  id,
  use: z.enum(CONTACT_USES),
  condition: z.enum(["ok", "alarm", "unknown"]),
  code: z.string().max(64).exactOptional(),
});

/** What sense tells about itself, for birth and health: nothing that depends on passages. */
export const about = z.strictObject({
  software: z.string().max(64),
  configHash: z.string().max(64),
  isolation: z.enum(["kernel", "none"]),
  gatewayKid: thumbprint,
  cityKid: thumbprint.nullable(),
  /** Until when there are valid city keys, ms since the Unix epoch; null while none is usable. */
  cityKeyUntilMs: ms.nullable(),
  outputs: z.array(z.strictObject({ id, kind: z.enum(["flow", "occupancy", "level"]), seconds })).max(256),
});
export type About = z.infer<typeof about>;

/** From sense to forward. */
export const fromSense = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("hello"), version, epoch, about }),
  /** What sense says about itself has changed. */
  z.strictObject({ type: z.literal("about"), about }),
  /** The city key set in use, verified: forward keeps it, for sense has no disk, and hands it back at the next hello. */
  z.strictObject({ type: z.literal("keys"), jws: keySet }),
  /** The signed privacy report, for the city; forward does not read it. */
  z.strictObject({ type: z.literal("report"), jws: report }),
  /** A sealed message with the baselines of the same instant; offered again, same bytes, until `kept` or `refused`. */
  z.strictObject({ type: z.literal("offer"), message, baselines }),
  /** `number` counts the events of this epoch, so that one offered twice is kept once. */
  z.strictObject({ type: z.literal("event"), epoch, number: count, atMs: ms, event: gatewayEvent }),
  /** Asks whether a walk test may begin. Answered with `walk`, once it is counted and its event kept. Since minor 3. */
  z.strictObject({ type: z.literal("walk"), atMs: ms, event: walkTest }),
  /** Again and again. The clock is in it because the kernel's answer about it is kept from forward (ProtectClock=). */
  z.strictObject({
    type: z.literal("sensors"),
    sensors: z.array(sensorState).max(256).readonly(),
    /** Absent on a gateway without contacts. */
    contacts: z.array(contactState).max(16).readonly().exactOptional(),
    /** A time daemon keeps the kernel's clock right. */
    clockSynced: z.boolean(),
  }),
  /** A clean stop: what is missing afterwards is `stopped`, not `power_cut`. */
  z.strictObject({ type: z.literal("stopping") }),
]);
export type FromSense = z.infer<typeof fromSense>;

/** From forward to sense. */
export const fromForward = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("hello"),
    version,
    /** The last message number kept of the epoch that sense named; null when none. */
    lastSeqKept: count.nullable(),
    /** The last event number kept of that epoch; null when none. */
    lastEventKept: count.nullable(),
    /** End of the last window kept, for each length. */
    lastEnds: z
      .array(z.strictObject({ seconds, endMs: ms }))
      .max(16)
      .readonly(),
    baselines,
    /** True when sense said `stopping` before it was last gone. */
    stoppedCleanly: z.boolean(),
    /** The city key set that sense gave it to keep; null when there is none. */
    keys: keySet.nullable(),
  }),
  z.strictObject({ type: z.literal("kept"), epoch, seq: count }),
  z.strictObject({
    type: z.literal("refused"),
    epoch,
    seq: count,
    why: z.enum(["same_number_other_bytes", "window_not_later"]),
  }),
  z.strictObject({ type: z.literal("event_kept"), epoch, number: count }),
  /** The answer to `walk`. `not_kept`: the outbox cannot be written. `used`: walk tests that were ever begun here. */
  z.strictObject({ type: z.literal("walk"), answer: z.enum([...WALK_ANSWERS, "not_kept"]), used: count }),
  /** How many walk tests were ever begun here; after the hello, to a sense of minor 3 or later. */
  z.strictObject({ type: z.literal("walks"), used: count }),
  /** A city key set from the `keys` topic, passed on unread. */
  z.strictObject({ type: z.literal("keys"), jws: keySet }),
  /** How delivery goes, in one word for the status light: again and again, where there is one. Since minor 4. */
  z.strictObject({ type: z.literal("delivery"), state: z.enum(DELIVERY_STATES) }),
  /** The city asks for a restart: sense ends itself cleanly, unless that was asked too often. */
  z.strictObject({ type: z.literal("restart") }),
]);
export type FromForward = z.infer<typeof fromForward>;
