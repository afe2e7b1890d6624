import {
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import type { RuleProblem } from "./rules.ts";

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

/** A YAML document as plain data, and where its keys stand. */
export interface Yaml {
  readonly plain: unknown;
  readonly locate: (problem: RuleProblem) => Problem;
}

const KIB = 1024;
const MAX_CHARACTERS = 256 * KIB;
/** One slip can make many syntax errors; the first ones say it. */
const MOST_SYNTAX_PROBLEMS = 20;

type SyntaxError = Document["errors"][number] | Document["warnings"][number];

/** What the parser says, in the words of somebody who only wants to write a file. */
const SYNTAX: Partial<Record<SyntaxError["code"], string>> = {
  DUPLICATE_KEY: "this key stands here twice; keep one",
  TAB_AS_INDENT: "indent with spaces, not with tabs",
  TAG_RESOLVE_FAILED: "tags (!) are not allowed; remove it",
  MULTIPLE_DOCS: "a second document begins here; write one document and remove the ---",
};
const TOO_DEEP = "nested too deeply; a configuration needs a few levels";

export type ReadYaml =
  | { readonly ok: true; readonly value: Yaml }
  | { readonly ok: false; readonly problems: Problem[] };

/**
 * Reads one YAML 1.2 document without anchors, aliases and merge keys. Opens nothing and never throws.
 * @param maxCharacters a longer text is a problem; default 256 KiB, what a gateway's configuration never needs
 */
export function readYaml(text: string, maxCharacters = MAX_CHARACTERS): ReadYaml {
  const lineCounter = new LineCounter();
  const at = (offset: number, message: string): Problem => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), path: "", message };
  };
  if (text.length > maxCharacters) return { ok: false, problems: [at(0, tooLarge(maxCharacters))] };
  try {
    const document = parseDocument(text, { lineCounter, schema: "core", merge: false, logLevel: "error" });
    const slips = syntaxSlips(document).map(([offset, message]) => at(offset, message));
    if (slips.length > 0) return { ok: false, problems: slips };
    const locate = ({ path, message }: RuleProblem): Problem => {
      return { ...at(offsetOf(document.contents, path), message), path: path.join(".") };
    };
    return { ok: true, value: { plain: document.toJS(), locate } };
  } catch (failure) {
    // The parser walks brackets by recursion.
    if (!(failure instanceof RangeError)) throw failure;
    return { ok: false, problems: [at(0, TOO_DEEP)] };
  }
}

function tooLarge(maxCharacters: number): string {
  const needed = maxCharacters === MAX_CHARACTERS ? "; a configuration needs a few KiB" : "";
  return `the file is larger than ${maxCharacters / KIB} KiB${needed}`;
}

type Slip = [offset: number, message: string];

function syntaxSlips(document: Document.Parsed): Slip[] {
  const errors = [...document.errors, ...document.warnings];
  const tooDeep = errors.find(({ code }) => code === "RESOURCE_EXHAUSTION");
  if (tooDeep) return [[tooDeep.pos[0], TOO_DEEP]];
  if (errors.length === 0) return sharedValues(document);
  return errors.slice(0, MOST_SYNTAX_PROBLEMS).map((error) => [error.pos[0], inWords(error)]);
}

function inWords({ code, message }: SyntaxError): string {
  return SYNTAX[code] ?? (message.split("\n")[0] ?? message).replace(/ at line \d+, column \d+:?$/, "");
}

/** A value that stands in one place and means another is for programs, not for a file that people read. */
function sharedValues(document: Document.Parsed): Slip[] {
  const found: Slip[] = [];
  visit(document, {
    Alias(_, node) {
      found.push([startOf(node), "aliases (*) are not allowed; write the value here"]);
    },
    Value(_, node) {
      if (node.anchor) found.push([startOf(node), `anchors (&) are not allowed; remove &${node.anchor}`]);
    },
  });
  return found;
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
