import type { z } from "zod";
import { nearest } from "../base/nearest.ts";
import type { RuleProblem } from "./rules.ts";

/** What does not fit a schema, in words that say what to write instead. */

type RawIssue = z.core.$ZodRawIssue;
type Kind<Code extends RawIssue["code"]> = Extract<RawIssue, { code: Code }>;

/** The problems of one issue; several unknown keys of one place are one issue. */
export function problemsOf(issue: z.core.$ZodIssue): RuleProblem[] {
  const path = issue.path.filter((step) => typeof step !== "symbol");
  if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
  const lines = issue.message.split("\n");
  return issue.keys.map((key, index) => ({ path: [...path, key], message: lines[index] ?? "unknown key" }));
}

/** The message of an issue, for zod; with unknown keys a line for each. A message of the schema itself goes before. */
export function wordsFor(issue: RawIssue): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, keysOf(issue.inst))).join("\n");
    case "invalid_type":
      return wrongType(issue);
    case "invalid_value":
      return oneOf(issue.values, issue.input);
    case "invalid_union":
      return noOption(issue);
    case "too_small":
      return issue.input === "" ? "write something; nothing stands here" : tooSmall(issue);
    case "too_big":
      return amount(issue, `at most ${issue.maximum}`);
    case "invalid_format":
      return issue.format === "date" ? "write a date such as 2027-12-31" : `write a ${issue.format}`;
    default:
      return `does not fit (${issue.code})`;
  }
}

function keysOf(inst: RawIssue["inst"]): string[] {
  const def = inst?._zod.def as { shape?: object } | undefined;
  return Object.keys(def?.shape ?? {});
}

/** So many keys are worth naming when none of them looks like the one written. */
const MOST_KEYS_NAMED = 8;

function unknownKey(key: string, known: readonly string[]): string {
  const shown = key.replace(/\s+/g, " ").slice(0, 80);
  const meant = nearest(key, known);
  if (meant) return `unknown key "${shown}"; did you mean ${meant}?`;
  const others =
    known.length > 0 && known.length <= MOST_KEYS_NAMED ? `; known here: ${known.join(", ")}` : "";
  return `unknown key "${shown}"${others || "; remove it"}`;
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "keys with values",
  array: "a list: [ ... ]",
  tuple: "a list: [ ... ]",
};

function wrongType({ expected, input }: Kind<"invalid_type">): string {
  const wanted = EXPECTED[expected] ?? expected;
  if (input === undefined) return `missing; write ${wanted}`;
  if (expected === "string" && (typeof input === "number" || typeof input === "boolean"))
    return `write text, in quotes: "${input}"`;
  if (expected === "number" && typeof input === "string") return "write a number, without quotes";
  return `write ${wanted}${input === null ? "; nothing stands here" : ""}`;
}

function oneOf(values: readonly unknown[], input: unknown): string {
  const texts = values.map(String);
  const allowed = texts.length === 1 ? `write ${texts[0]}` : `write one of: ${texts.join(", ")}`;
  if (input === undefined) return `missing; ${allowed}`;
  // Right but for its quotes.
  if (typeof input !== "object" && texts.includes(String(input)))
    return typeof input === "string" ? `${allowed}, without quotes` : `write it in quotes: "${input}"`;
  const meant = typeof input === "string" ? nearest(input, texts) : undefined;
  return meant && texts.length > 1 ? `${allowed}; did you mean ${meant}?` : allowed;
}

function noOption(issue: Kind<"invalid_union">): string {
  const { discriminator, options } = issue as { discriminator?: string; options?: readonly unknown[] };
  if (discriminator === undefined) return `write ${alternatives(issue.errors)}`;
  const written = (issue.input as Record<string, unknown> | null)?.[discriminator];
  const allowed = oneOf(options ?? [], written);
  return written === undefined ? allowed : `no such ${discriminator}; ${allowed}`;
}

/** What the options of a union would have taken here. */
function alternatives(errors: Kind<"invalid_union">["errors"]): string {
  const wanted = errors.flatMap(([first]) =>
    first?.code === "invalid_type" ? [first.expected as string] : [],
  );
  return (
    [...new Set(wanted.map((expected) => EXPECTED[expected] ?? expected))].join(" or ") || "something else"
  );
}

function tooSmall(issue: Kind<"too_small">): string {
  return amount(issue, `${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`);
}

function amount({ origin }: Kind<"too_small" | "too_big">, limit: string): string {
  if (origin === "array") return `write a list of ${limit}`;
  return origin === "string" ? `write text of ${limit} characters` : `write ${limit}`;
}
