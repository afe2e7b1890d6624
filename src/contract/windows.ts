import { z } from "zod";
import type { Flag, PublishedValue, Quality, RecordKind } from "../model.ts";
import { leavesOf, valueShapes } from "./values.ts";

/** What stands inside a sealed message: the plaintext that the guard writes and the city reads. */

export const WINDOWS_SCHEMA = "telpost/windows/1";

/** The closed, sorted set of flags a writer may use. Readers accept others. */
export const FLAGS = [
  "calibration",
  "catch_up",
  "clock_unsynced",
  "edges_lost",
  "lab",
  "sensor_fault",
  "spike_discarded",
] as const satisfies readonly Flag[];

/** RFC 3339 UTC to the second, rounded down: `2026-07-18T14:05:00Z`. @param ms since the Unix epoch */
export function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

const level = z.string().regex(/^[a-z0-9-]{1,32}$/);
const instant = z.iso.datetime({ precision: 0 });
const epsilon = z.string().regex(/^[1-9]\d{0,11}(\/[1-9]\d{0,11})?$/);
const word = z.string().regex(/^[a-z0-9_]{1,64}$/);

/** Ids of the records in the same message that a record was computed from, none of its own noise. */
const sources = z.array(level).min(1).max(16);

const common = {
  sensor: level,
  /** Length of the window; it divides a day. */
  seconds: z
    .int()
    .min(1)
    .max(86_400)
    .refine((value) => 86_400 % value === 0),
  /** Seconds in which the sensor was really watching, in tenths, rounded down. */
  covered: z
    .number()
    .min(0)
    .max(86_400)
    .refine((value) => Math.round(value * 10) / 10 === value),
  method: z.enum(["counted", "derived"]),
  quality: z.enum(["ok", "partial", "not_measured"]),
  /** With `catch_up` only: time of the previous reading, null when unknown. */
  since: instant.nullable().exactOptional(),
};

/** Fields that rules over a whole record look at. */
interface RecordShape {
  readonly sensor: string;
  readonly kind: RecordKind;
  readonly seconds: number;
  readonly covered: number;
  readonly quality: Quality;
  readonly value: PublishedValue;
  readonly flags?: readonly string[];
  readonly since?: string | null;
}

/** Makes an object schema: closed for the writer, tolerant of unknown keys for the reader. */
export type MakeObject = <T extends z.core.$ZodLooseShape>(
  shape: T,
) => z.ZodObject<z.core.util.Writeable<T>, z.core.$strict>;

/** The fields of a record of each kind, for whoever puts more beside them. */
export function recordShapes(object: MakeObject, flag: z.ZodType<string>) {
  const flags = z
    .array(flag)
    .min(1)
    .max(32)
    .refine(sortedSet, { error: "flags are a sorted set" })
    .exactOptional();
  const of = sources.exactOptional();
  const value = valueShapes(object);
  const flow = { ...common, kind: z.literal("flow"), value: value.flow, of, flags };
  const occupancy = {
    ...common,
    kind: z.literal("occupancy"),
    value: value.occupancy,
    stat: z.enum(["max", "mean", "last"]),
    of,
    flags,
  };
  const crowd = { ...common, kind: z.literal("level"), value: value.level, of: sources, flags };
  return { flow, occupancy, crowd };
}

/** The rules over a whole record. */
export function withRecordRules<T extends z.ZodType<RecordShape>>(record: T): T {
  return record
    .refine(nullMeansNotMeasured, { error: "null and not_measured go together" })
    .refine(sinceNeedsCatchUp, { error: "since and catch_up go together" })
    .refine(coversAtMostItsWindow, { error: "covered is longer than the window" });
}

function recordSchema(object: MakeObject, flag: z.ZodType<string>) {
  const { flow, occupancy, crowd } = recordShapes(object, flag);
  return withRecordRules(z.discriminatedUnion("kind", [object(flow), object(occupancy), object(crowd)]));
}

function privacySchema(object: MakeObject) {
  const none = object({ mechanism: z.literal("none"), reason: z.string().min(1).max(500) });
  const laplace = { mechanism: z.literal("discrete-laplace"), epsilon };
  const w = z.int().min(1).max(1000);
  const flow = z.discriminatedUnion("mechanism", [object({ ...laplace, unit: z.literal("passage") }), none]);
  const occupancy = z.discriminatedUnion("mechanism", [
    object({ ...laplace, unit: z.literal("person-window"), w }),
    none,
  ]);
  return object({ flow: flow.exactOptional(), occupancy: occupancy.exactOptional() });
}

function messageSchema(object: MakeObject, flag: z.ZodType<string>) {
  return object({
    schema: z.literal(WINDOWS_SCHEMA),
    tenant: level,
    site: level,
    gateway: level,
    epoch: z.string().regex(/^[0-9a-z]{16}$/),
    seq: z.int().min(0),
    end: instant,
    privacy: privacySchema(object),
    records: z.array(recordSchema(object, flag)).min(1).max(2048),
  })
    .refine(({ end, records }) => records.every(({ seconds }) => Date.parse(end) % (seconds * 1000) === 0), {
      error: "end is not on the grid of the window",
    })
    .refine(({ records }) => new Set(records.map(windowKey)).size === records.length, {
      error: "two records for one window",
    })
    .refine(
      ({ privacy, records }) => records.every(({ kind }) => kind === "level" || privacy[kind] !== undefined),
      {
        error: "a kind without its privacy",
      },
    );
}

/** Closed: what the guard may write. */
export const windowsMessage = messageSchema(z.strictObject, z.enum(FLAGS));
/** The plaintext of a sealed message. */
export type WindowsMessage = z.output<typeof windowsMessage>;

/** Tolerant: accepts flags it does not know and drops optional fields it does not know. For readers. */
export const windowsMessageForReaders = messageSchema(z.object, word);
/** The plaintext as a reader sees it; flags may be unknown words. */
export type ReadWindowsMessage = z.output<typeof windowsMessageForReaders>;
export type ReadRecord = ReadWindowsMessage["records"][number];

function sortedSet(words: readonly string[]): boolean {
  return words.every((word, index) => index === 0 || (words[index - 1] ?? "") < word);
}

function nullMeansNotMeasured({ value, quality }: RecordShape): boolean {
  return leavesOf(value).every(([, leaf]) => (leaf === null) === (quality === "not_measured"));
}

function sinceNeedsCatchUp({ since, flags = [] }: RecordShape): boolean {
  return flags.includes("catch_up") === (since !== undefined);
}

function coversAtMostItsWindow({ covered, seconds }: RecordShape): boolean {
  return covered <= seconds;
}

function windowKey({ sensor, kind, seconds }: RecordShape): string {
  return `${sensor} ${kind} ${seconds}`;
}
