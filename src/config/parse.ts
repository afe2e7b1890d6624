import { createHash } from "node:crypto";
import { type Document, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { z } from "zod";
import { checkRules, type RuleProblem } from "./rules.ts";
import { type Config, configSchema } from "./schema.ts";

/** One mistake in a configuration file. */
export interface Problem {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Dotted path of the key, empty for the document. */
  readonly path: string;
  readonly message: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: Problem[] };

const MAX_CHARACTERS = 256 * 1024;

/** Text in, configuration or all its problems out. Opens nothing. */
export function parseConfig(text: string): Parsed<Config> {
  const parsed = parseYaml(text, configSchema);
  if (!parsed.ok) return parsed;
  const problems = checkRules(parsed.value).map(parsed.locate);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: parsed.value };
}

/** `file:line:column path: what`, the form that editors and terminals make clickable. */
export function problemLine(file: string, { line, column, path, message }: Problem): string {
  return `${file}:${line}:${column}${path ? ` ${path}` : ""}: ${message}`;
}

/** Names a configuration in births and logs without showing it. */
export function configHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

type Located<T> =
  | { ok: true; value: T; locate: (problem: RuleProblem) => Problem }
  | { ok: false; problems: Problem[] };

/** Parses one YAML document against a strict schema; every problem carries its place in the text. */
export function parseYaml<T extends z.ZodType>(text: string, schema: T): Located<z.output<T>> {
  if (text.length > MAX_CHARACTERS) {
    return {
      ok: false,
      problems: [{ line: 1, column: 1, path: "", message: "the file is larger than 256 KiB" }],
    };
  }
  const counter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: counter,
    schema: "core",
    merge: false,
    maxAliasCount: 0,
  } as object);
  const place = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) {
    return {
      ok: false,
      problems: broken.map((one) => ({ ...place(one.pos[0]), path: "", message: firstLine(one.message) })),
    };
  }
  const locate = ({ path, message }: RuleProblem): Problem => ({
    ...place(offsetOf(document.contents, path)),
    path: path.join("."),
    message,
  });
  const result = schema.safeParse(toPlain(document));
  if (result.success) return { ok: true, value: result.data, locate };
  return { ok: false, problems: result.error.issues.flatMap(describe).map(locate) };
}

function toPlain(document: Pick<Document, "toJS">): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    return { "aliases (&, *) are not allowed": true };
  }
}

function firstLine(message: string): string {
  return (message.split("\n")[0] ?? message).replace(/ at line \d+, column \d+:?$/, "");
}

function describe(issue: z.core.$ZodIssue): RuleProblem[] {
  const path = issue.path.filter((step) => typeof step !== "symbol");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `unknown key "${key}"; remove it or check its spelling`,
    }));
  }
  if (issue.code === "invalid_type" && issue.message.endsWith("received undefined")) {
    return [
      {
        path,
        message: `missing; ${issue.message.replace(/^Invalid input: /, "").replace(", received undefined", "")}`,
      },
    ];
  }
  if (issue.code === "invalid_union" && "discriminator" in issue) {
    return [{ path, message: `no such ${String(issue.discriminator)}; see telpost help check` }];
  }
  return [{ path, message: issue.message.replace(/^Invalid (input|option): /, "") }];
}

/** Where a path starts in the text; a missing key is shown at its parent. */
function offsetOf(root: unknown, path: readonly (string | number)[]): number {
  let node = root;
  let offset = startOf(root);
  for (const step of path) {
    const next = child(node, step);
    if (!next) break;
    offset = next.offset;
    node = next.value;
  }
  return offset;
}

function child(node: unknown, step: string | number): { offset: number; value: unknown } | undefined {
  if (isSeq(node) && typeof step === "number") {
    const value = node.items[step];
    return value ? { offset: startOf(value), value } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(
    (one) => isPair(one) && isScalar(one.key) && String(one.key.value) === String(step),
  );
  return pair ? { offset: startOf(pair.key), value: pair.value } : undefined;
}

function startOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}
