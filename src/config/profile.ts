import { z } from "zod";
import { type Parsed, parseYaml } from "./parse.ts";
import { initStep, poll, probe, transport } from "./profile/conversation.ts";
import { frame } from "./profile/frames.ts";
import { message } from "./profile/messages.ts";
import { profileRules } from "./profile/rules.ts";
import { setting } from "./profile/settings.ts";
import { keyed, name, pointer, words } from "./profile/values.ts";

export type { Expected, InitStep, Poll, Probe, Transport } from "./profile/conversation.ts";
export type { BinaryFrame, Frame } from "./profile/frames.ts";
export type {
  Emit,
  Field,
  ItemClasses,
  JsonList,
  List,
  Message,
  SlotList,
  When,
} from "./profile/messages.ts";
export { checkSettings, type ProfileSettings, type Setting } from "./profile/settings.ts";
export { valueAt } from "./profile/values.ts";

/**
 * A kind of device as data: how its line is set, what is said to it, where its frames begin and end, what stands in them
 * and what is made of that. No code, no expressions, no regular expressions; only what `emit` names leaves the decoder.
 */

/** Engines by name: `declarative` is the profile itself, the others are code that the profile only sets up. */
export const ENGINES = ["declarative", "ti-iwr6843", "two-beam", "distance-beam", "pulse"] as const;

const privacy = z.strictObject({
  /** What is read, and what is there but dropped, in words: shown in the privacy report. */
  read: z.array(words).min(1).max(32),
  dropped: z.array(words).max(32),
  /** Places in a JSON frame where there must be nothing. */
  forbid: z.array(pointer).max(16).default([]),
  /** The frame is thrown away unread and the sensor shows the fault `device.forbidden`. */
  onForbidden: z.literal("discard-and-alarm").default("discard-and-alarm"),
});

const health = z.strictObject({
  /** How the device shows that it lives. `none`: a frame is a passage, so silence says nothing. */
  liveness: z.enum(["poll", "frames", "heartbeat", "none"]),
  /** Needed unless liveness is none: then it is started anew. */
  silentAfterMs: z.int().min(100).max(86_400_000).exactOptional(),
  nominalHz: z.number().positive().max(1000).exactOptional(),
});

export const profileSchema = z.strictObject({
  schema: z.literal("telpost/profile/1"),
  id: z.string().regex(/^[a-z0-9-]{1,32}$/, { error: "use 1 to 32 of a-z, 0-9 and -" }),
  title: words,
  /** Experimental: one source only, or no frame of a real device was ever decoded by it. */
  status: z.enum(["proven", "experimental"]),
  source: words,
  transport,
  engine: z.enum(ENGINES).default("declarative"),
  init: z.array(initStep).max(64).default([]),
  poll: z.array(poll).max(16).default([]),
  frames: z.array(frame).max(16).default([]),
  messages: z.array(message).max(32).default([]),
  privacy,
  health,
  settings: keyed(name, setting).default({}),
  probe: probe.exactOptional(),
});

export type Profile = z.output<typeof profileSchema>;

const MAX_BYTES = 64 * 1024;

/** Text of a profile.yaml in, profile or its problems out, each with line and column. Opens nothing. */
export function parseProfile(text: string): Parsed<Profile> {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    const message = "the file is larger than 64 KiB";
    return { ok: false, problems: [{ line: 1, column: 1, path: "", message }] };
  }
  const parsed = parseYaml(text, profileSchema);
  if (!parsed.ok) return parsed;
  const problems = profileRules(parsed.value)
    .map(parsed.locate)
    .sort((one, other) => one.line - other.line || one.column - other.column);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: parsed.value };
}

/** The kinds of readings that a sensor of this profile gives: they decide which records exist. */
export type Gives = "passages" | "totals" | "present" | "targets" | "tracks";

/** What the messages of a profile emit. Empty for an engine of code, which knows for itself. */
export function givesOf({ messages }: Profile): ReadonlySet<Gives> {
  const given = messages.flatMap(({ emit }): Gives[] => [
    ...(emit.event ? (["passages"] as const) : []),
    ...(emit.cumulative ? (["totals"] as const) : []),
    ...(emit.presence || emit.occupancy ? (["present"] as const) : []),
    ...(emit.targets ? (["targets"] as const) : []),
    ...(emit.tracks ? (["tracks"] as const) : []),
  ]);
  return new Set(given);
}
