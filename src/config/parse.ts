import { createHash } from "node:crypto";
import type { z } from "zod";
import { problemsOf, wordsFor } from "./problems.ts";
import type { Profile } from "./profile.ts";
import { checkRules, type RuleProblem } from "./rules.ts";
import { type Config, configSchemaFor } from "./schema.ts";
import { type Problem, readYaml } from "./yaml.ts";

export type { Problem } from "./yaml.ts";

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: Problem[] };

/** Finds the device profiles with these ids, and any others; those it does not know are left out. */
export type ProfilesFor = (named: ReadonlySet<unknown> | "all") => Iterable<Profile>;

/**
 * Text in, configuration or all its problems out. Opens nothing.
 * @param devices the device profiles that sensors may name
 */
export function parseConfig(text: string, devices: Iterable<Profile> | ProfilesFor = []): Parsed<Config> {
  const yaml = readYaml(text);
  if (!yaml.ok) return yaml;
  const { plain, locate } = yaml.value;
  const judged = typeof devices === "function" ? judgeWith(devices, plain) : configJudge(devices)(plain);
  return judged.ok ? judged : { ok: false, problems: inOrder(judged.problems.map(locate)) };
}

/** A good configuration is good with the profiles that it names; what is wrong with another may be the name of one. */
function judgeWith(profilesFor: ProfilesFor, plain: unknown): Judged<Config> {
  const judged = configJudge(profilesFor(profilesNamed(plain)))(plain);
  return judged.ok ? judged : configJudge(profilesFor("all"))(plain);
}

function profilesNamed(plain: unknown): Set<unknown> {
  const sensors = (plain as { sensors?: unknown } | null)?.sensors;
  if (!Array.isArray(sensors)) return new Set();
  return new Set(sensors.map((sensor: { profile?: unknown } | null) => sensor?.profile));
}

/**
 * Judges configurations that are plain data already, as `parseConfig` does with a text. Making it takes far longer than
 * using it: whoever has thousands makes one.
 */
export function configJudge(devices: Iterable<Profile>): (plain: unknown) => Judged<Config> {
  const schema = configSchemaFor(devices);
  return (plain) => {
    const judged = judge(schema, plain);
    const broken = checkRules(judged.ok ? judged.value : soundSections(plain, schema));
    const problems = [...(judged.ok ? [] : judged.problems), ...broken];
    return judged.ok && problems.length === 0 ? judged : { ok: false, problems };
  };
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

/**
 * Parses one YAML document against a strict schema; every problem carries its place in the text.
 * @param maxCharacters of the text, when 256 KiB are not enough
 */
export function parseYaml<T extends z.ZodType>(
  text: string,
  schema: T,
  maxCharacters?: number,
): Located<z.output<T>> {
  const yaml = readYaml(text, maxCharacters);
  if (!yaml.ok) return yaml;
  const { plain, locate } = yaml.value;
  const judged = judge(schema, plain);
  if (!judged.ok) return { ok: false, problems: inOrder(judged.problems.map(locate)) };
  return { ok: true, value: judged.value, locate };
}

/** What is good, or what is wrong and at which key. */
export type Judged<T> = { ok: true; value: T } | { ok: false; problems: RuleProblem[] };

function judge<T extends z.ZodType>(schema: T, plain: unknown): Judged<z.output<T>> {
  const result = schema.safeParse(plain, { error: wordsFor });
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, problems: result.error.issues.flatMap(problemsOf) };
}

/** The sections that fit their schema, whatever is wrong with the others: their rules are worth checking already. */
function soundSections(plain: unknown, configSchema: ReturnType<typeof configSchemaFor>): Partial<Config> {
  const sections = Object.entries(configSchema.shape).flatMap(([name, schema]) => {
    const result = schema.safeParse((plain as Record<string, unknown> | null)?.[name]);
    return result.success ? [[name, result.data]] : [];
  });
  return Object.fromEntries(sections);
}

/** Problems from the top of the text to its end. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
