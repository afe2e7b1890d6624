import { assert } from "../../base/assert.ts";
import type { RecordOutput } from "../../config/derived.ts";
import type { PrivacyConfig } from "../../config/schema.ts";
import { fromClasses, LARGEST_PUBLISHED } from "../../contract/values.ts";
import { FLAGS, rfc3339, WINDOWS_SCHEMA, type WindowsMessage } from "../../contract/windows.ts";
import type { CrowdLevel, Record, RecordFields } from "../../model.ts";
import { rationalText } from "./noise.ts";
import { epsilonOf } from "./release.ts";

/** Whose message it is, and under which promise: fixed from start to stop. */
export interface Origin {
  readonly tenant: string;
  readonly site: string;
  readonly gateway: string;
  readonly privacy: PrivacyConfig;
}

/** One closing instant. */
export interface Closing {
  readonly epoch: string;
  readonly seq: number;
  /** ms since the Unix epoch. */
  readonly endMs: number;
  /** All outputs whose windows end now, measured or not: a function of the configuration and of time. */
  readonly outputs: readonly RecordOutput[];
  /** One for each output, in the same order. */
  readonly records: readonly Record[];
}

const PADDING_STEP = 256;
const SPACE = 0x20;

/** The plaintext of a sealed message: JSON in UTF-8, padded with spaces to a length that tells nothing about people (P8). */
export function plaintext(origin: Origin, closing: Closing): Uint8Array<ArrayBuffer> {
  const { outputs, records } = closing;
  assert(
    outputs.length === records.length && records.every((record, index) => belongsTo(record, outputs[index])),
    "every output that closes has one record, in order (P7)",
  );
  const text = Buffer.from(JSON.stringify(messageOf(origin, closing, records)), "utf8");
  const padded = new Uint8Array(paddedLength(origin, outputs)).fill(SPACE);
  assert(text.length <= padded.length, "a message fits into its padding");
  padded.set(text);
  return padded;
}

/**
 * Bytes of the plaintext when the windows of these outputs end together: every value and text at its longest,
 * rounded up to 256.
 */
export function paddedLength(origin: Origin, outputs: readonly RecordOutput[]): number {
  const longest = { epoch: "0".repeat(16), seq: Number.MAX_SAFE_INTEGER, endMs: 0 };
  const text = JSON.stringify(messageOf(origin, longest, outputs.map(longestRecord)));
  return Math.ceil(Buffer.byteLength(text, "utf8") / PADDING_STEP) * PADDING_STEP;
}

/** The outputs whose windows end at an instant where these lengths (seconds) close, in the order of the configuration. */
export function outputsClosing<O extends RecordOutput>(
  outputs: readonly O[],
  lengths: readonly number[],
): O[] {
  return outputs.filter(({ seconds }) => lengths.includes(seconds));
}

function messageOf(
  origin: Origin,
  { epoch, seq, endMs }: Pick<Closing, "epoch" | "seq" | "endMs">,
  records: readonly RecordFields[],
): Omit<WindowsMessage, "records"> & { records: readonly RecordFields[] } {
  const { tenant, site, gateway, privacy } = origin;
  const kinds = new Set(records.map(({ kind }) => kind));
  return {
    schema: WINDOWS_SCHEMA,
    tenant,
    site,
    gateway,
    epoch,
    seq,
    end: rfc3339(endMs),
    privacy: {
      ...(kinds.has("flow") ? { flow: flowPrivacy(privacy) } : {}),
      ...(kinds.has("occupancy") ? { occupancy: occupancyPrivacy(privacy) } : {}),
    },
    records,
  };
}

function flowPrivacy(privacy: PrivacyConfig): NonNullable<WindowsMessage["privacy"]["flow"]> {
  const epsilon = epsilonOf("flow", privacy);
  if (!epsilon) return noNoise(privacy);
  return { mechanism: "discrete-laplace", epsilon: rationalText(epsilon), unit: "passage" };
}

function occupancyPrivacy(privacy: PrivacyConfig): NonNullable<WindowsMessage["privacy"]["occupancy"]> {
  const epsilon = epsilonOf("occupancy", privacy);
  if (!epsilon) return noNoise(privacy);
  const { w } = privacy.occupancy;
  return { mechanism: "discrete-laplace", epsilon: rationalText(epsilon), unit: "person-window", w };
}

function noNoise({ reason }: PrivacyConfig): { mechanism: "none"; reason: string } {
  assert(reason, "mechanism none has a reason");
  return { mechanism: "none", reason };
}

function belongsTo(record: Record, output: RecordOutput | undefined): boolean {
  return record.sensor === output?.id && record.kind === output.kind && record.seconds === output.seconds;
}

/** No record of this output is longer. A value is longer than null by more than "not_measured" is longer than "partial". */
function longestRecord(output: RecordOutput): RecordFields {
  const { id, kind, method, seconds } = output;
  const stat = "stat" in output ? output.stat : undefined;
  const of = sourcesOf(output);
  return {
    sensor: id,
    kind,
    seconds,
    covered: (seconds * 10 - 1) / 10,
    value: longestValue(output),
    ...(stat ? { stat } : {}),
    method,
    quality: "partial",
    ...(of ? { of } : {}),
    flags: FLAGS,
    since: rfc3339(0),
  };
}

const LONGEST_LEVEL: CrowdLevel = "critical";

function longestValue(output: RecordOutput): RecordFields["value"] {
  if (output.kind === "level") return { level: LONGEST_LEVEL };
  const number = -LARGEST_PUBLISHED;
  const numbers = output.kind === "flow" ? { in: number, out: number } : { present: number };
  return fromClasses((output.classes ?? [null]).map((name) => [name, numbers]));
}

/** What a total or a level names as its parts. */
function sourcesOf(output: RecordOutput): string[] | undefined {
  if (output.kind === "level") return [output.of.id];
  return "parts" in output ? output.parts.map(({ id }) => id) : undefined;
}
