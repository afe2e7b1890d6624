import type { Profile } from "../profile.ts";
import type { RuleProblem } from "../rules.ts";
import { type BinaryFrame, type Frame, scalarBytes } from "./frames.ts";

/** What must hold for frames, each and together. */
export function* frameRules({ frames }: Profile): Generator<RuleProblem> {
  const [first] = frames;
  const taken = new Set<string>();
  for (const [index, frame] of frames.entries()) {
    const own = ["frames", index] as const;
    if (taken.has(frame.name))
      yield { path: [...own, "name"], message: `there is another frame "${frame.name}"` };
    taken.add(frame.name);
    if (first && index > 0 && (frame.kind !== "binary" || first.kind !== "binary"))
      yield { path: [...own, "kind"], message: "only binary frames can share a line with others" };
    for (const { key, message } of wrongWith(frame)) yield { path: [...own, key], message };
  }
}

interface Wrong {
  readonly key: string;
  readonly message: string;
}

function wrongWith(frame: Frame): Wrong[] {
  if (frame.kind === "binary") return [...binaryRules(frame)];
  if (frame.kind !== "line") return [];
  const { start = "", end = "", max } = frame;
  const wrong: Wrong[] = [];
  if (start.length > max) wrong.push({ key: "start", message: "longer than max" });
  for (const [key, text] of [
    ["start", start],
    ["end", end],
  ] as const) {
    if (!isLatin1(text)) wrong.push({ key, message: "only characters of one byte (Latin-1)" });
  }
  return wrong;
}

/** Text whose characters are one byte each on the wire. */
export function isLatin1(text: string): boolean {
  return [...text].every((character) => character.charCodeAt(0) <= 0xff);
}

/** The shortest and the longest a frame can be, in bytes. */
export function sizesOf({ size }: BinaryFrame): { readonly least: number; readonly most: number } {
  return typeof size === "number" ? { least: size, most: size } : { least: size.min, most: size.max };
}

function* binaryRules(frame: BinaryFrame): Generator<Wrong> {
  const { sync, size, tail, check } = frame;
  const { least, most } = sizesOf(frame);
  if (least > most) yield { key: "size", message: "min is above max" };
  if (least < sync.length + (tail?.length ?? 0))
    yield { key: "size", message: "shorter than sync and tail together" };
  if (typeof size !== "number" && size.at + scalarBytes(size.type) > least)
    yield { key: "size", message: "the length itself lies behind the end of the shortest frame" };
  if (!check) return;
  const place = (offset: number) => (offset < 0 ? least + offset : offset);
  const width = check.algo === "crc16-modbus" || check.algo === "ones16" ? 2 : 1;
  const [from, to, at] = [place(check.from), place(check.to), place(check.at)];
  const inside = from >= 0 && from <= to && to <= least && at >= 0 && at + width <= least;
  if (!inside) yield { key: "check", message: "lies outside the shortest frame" };
}
