import { type Message, type Profile, valueAt } from "../../../config/profile.ts";
import type { Reading } from "../../../model.ts";
import type { Discard } from "../decoder.ts";
import { type Content, contentOf, holdsForbidden, splitColumns } from "./content.ts";
import { type EmitOptions, emitted, type Read } from "./emit.ts";
import { readFields } from "./fields.ts";
import { type Items, readList } from "./lists.ts";

/** A frame that was opened; `forbidden` when it holds what the profile forbids, and nothing else of it is kept. */
export type Opened =
  | { readonly is: "content"; readonly name: string; readonly content: Content }
  | { readonly is: "forbidden" }
  | { readonly is: "discard"; readonly why: Discard };

/** Opens a frame by the kind that the profile gives its name. A frame of no such name is only bytes. */
export function openFrame({ frames, privacy }: Profile, name: string, bytes: Uint8Array): Opened {
  const kind = frames.find((frame) => frame.name === name)?.kind ?? "binary";
  const content = contentOf(kind, bytes);
  if (typeof content === "string") return { is: "discard", why: content };
  return holdsForbidden(content, privacy.forbid) ? { is: "forbidden" } : { is: "content", name, content };
}

export interface Understood {
  readonly readings: readonly Reading[];
  readonly discarded: readonly Discard[];
}

/**
 * What the messages of a profile make of a frame. A frame that no message is about, such as the answer to a command, is
 * nothing; a message that cannot be read costs one discard.
 * @param answers the poll that this frame answers, or null
 */
export function understand(
  messages: readonly Message[],
  frame: Extract<Opened, { is: "content" }>,
  answers: string | null,
  options: EmitOptions,
): Understood {
  const outcomes = messages
    .filter((message) => isMeant(message, frame, answers))
    .flatMap((message) => readMessage(message, frame.content, options));
  return {
    readings: outcomes.filter((outcome) => typeof outcome !== "string"),
    discarded: outcomes.filter((outcome) => typeof outcome === "string"),
  };
}

/** Why a frame cannot be one of these messages, before anything else is known of it; null when nothing speaks against it. */
export function doubtOf(profile: Profile, name: string, bytes: Uint8Array): Discard | null {
  const opened = openFrame(profile, name, bytes);
  if (opened.is !== "content") return null;
  return understand(profile.messages, opened, null, { mirrorX: false }).discarded[0] ?? null;
}

function isMeant(
  { frame: name, when }: Message,
  frame: Extract<Opened, { is: "content" }>,
  answers: string | null,
): boolean {
  const { content } = frame;
  if (name !== frame.name) return false;
  if (when.poll !== undefined && when.poll !== answers) return false;
  if (when.starts !== undefined && !(content.is === "text" && content.text.startsWith(when.starts)))
    return false;
  if (when.byte && !(content.is === "bytes" && content.bytes[when.byte.at] === when.byte.eq)) return false;
  return Object.entries(when.json ?? {}).every(
    ([pointer, wanted]) => content.is === "json" && valueAt(content.json, pointer) === wanted,
  );
}

function readMessage(message: Message, content: Content, options: EmitOptions): (Reading | Discard)[] {
  const read = readAll(message, splitColumns(content, message.split));
  return typeof read === "string" ? [read] : emitted(message.emit, read, options);
}

function readAll(message: Message, content: Content): Read | Discard {
  const values = readFields(message.fields, content);
  if (typeof values === "string") return values;
  const lists = new Map<string, Items>();
  for (const [name, list] of Object.entries(message.lists)) {
    const items = readList(list, content, values);
    if (typeof items === "string") return items;
    lists.set(name, items);
  }
  return { values, lists };
}
