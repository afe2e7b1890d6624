import { z } from "zod";
import { MAX_KEY_SET_CHARACTERS } from "../../src/contract/key-set.ts";
import { MAX_PRIVACY_REPORT_CHARACTERS } from "../../src/contract/privacy-report.ts";
import { MAX_SEALED_CHARACTERS } from "../../src/contract/sealed.ts";
import { GLOSSARY } from "./glossary.ts";
import { type ContractMessage, MESSAGES } from "./messages.ts";

/** Makes the JSON Schemas (2020-12) of the contract out of the zod schemas that both ends of telpost use. */

export type Json = { [key: string]: unknown };

/** Where the schemas will be found on the web of whoever publishes them; nothing is fetched from here. */
const BASE = "https://telpost.example/contract/v1/";

/** Fragments that many messages share. */
const SHARED: Readonly<Record<string, z.ZodType>> = {
  level: z.string().regex(/^[a-z0-9-]{1,32}$/),
  epoch: z.string().regex(/^[0-9a-z]{16}$/),
  thumbprint: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  count: z.int().min(0),
  second: z.iso.datetime({ precision: 0 }),
  instant: z.iso.datetime(),
  length: z.literal(
    Array.from({ length: 86_400 }, (_, index) => index + 1).filter((one) => 86_400 % one === 0),
  ),
};
const SHARED_TEXTS: Readonly<Record<string, string>> = {
  level: "One level of a topic.",
  epoch: "16 of 0-9 and a-z.",
  thumbprint: "32 bytes as 43 characters of base64url.",
  count: "A whole number that a double holds exactly.",
  second: "RFC 3339, UTC, whole seconds; the pattern knows the calendar.",
  instant: "RFC 3339, UTC, to the second or finer; the pattern knows the calendar.",
  length: "Seconds that divide a day.",
};

/** Messages that stand whole inside another, whose words are theirs. */
const HOLDS: Readonly<Record<string, readonly string[]>> = { result: ["health"] };

const definitions = new Map(Object.entries(SHARED).map(([name, schema]) => [text(plain(schema)), name]));

/** Every schema file by its path below `contract/`. */
export function schemaFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const [name, schema] of Object.entries(SIGNED)) put(files, `schemas/${name}.schema.json`, schema);
  for (const message of MESSAGES) {
    put(files, `schemas/${message.name}.schema.json`, writerSchema(message));
    const open = readerSchema(message);
    if (open) put(files, `schemas/readers/${message.name}.schema.json`, open);
  }
  return files;
}

function put(files: Map<string, string>, path: string, { $schema, ...schema }: Json): void {
  files.set(path, `${JSON.stringify({ $schema, $id: BASE + path, ...schema }, null, 2)}\n`);
}

/** Closed: what a writer of this version writes. */
function writerSchema(message: ContractMessage): Json {
  const closed =
    "This is what gateways of this version write, and nothing else; readers/ holds what a reader";
  const note = message.reader ? `${closed} accepts.` : "Closed for readers too.";
  return finished(message, z.toJSONSchema(message.writer, { io: "output" }), note);
}

/** Open: what a reader accepts, also from newer writers of the same major version. */
function readerSchema(message: ContractMessage): Json | null {
  if (!message.reader) return null;
  const note = "Accepts fields, flags and reasons that this version does not know: ignore or keep them.";
  return finished(message, z.toJSONSchema(message.reader, { io: "input" }), note);
}

function finished({ name, title, description, rules }: ContractMessage, schema: Json, note: string): Json {
  const used = new Set<string>();
  const { $schema, ...body } = walked(schema, { name, used }) as Json;
  const beyond = rules.length > 0 ? [`Beyond this schema: ${rules.join(" ")}`] : [];
  const $defs = [...used].map((one) => [one, { description: SHARED_TEXTS[one], ...sharedOf(one) }]);
  return {
    $schema,
    title,
    description: [description, note, ...beyond].join(" "),
    ...body,
    ...($defs.length > 0 && { $defs: Object.fromEntries($defs) }),
  };
}

interface Walk {
  readonly name: string;
  /** Shared fragments met. */
  readonly used: Set<string>;
}

function walked(value: unknown, walk: Walk): unknown {
  if (Array.isArray(value)) return value.map((one) => walked(one, walk));
  if (typeof value !== "object" || value === null) return value;
  const shared = definitions.get(text(value as Json));
  if (shared) {
    walk.used.add(shared);
    return { $ref: `#/$defs/${shared}` };
  }
  const { properties, ...rest } = value as { properties?: Json };
  const inner = Object.fromEntries(Object.entries(rest).map(([key, one]) => [key, walked(one, walk)]));
  if (!properties) return inner;
  const described = Object.entries(properties).map(([key, one]) => [
    key,
    describe(key, walked(one, walk) as Json, walk.name),
  ]);
  const whole = withRules({ properties: Object.fromEntries(described) }, walk);
  return { type: inner.type, ...whole, ...inner };
}

function describe(key: string, schema: Json, name: string): Json {
  const names = [name, ...(HOLDS[name] ?? [])].map((one) => `${one}.${key}`);
  const description = [...names, key].map((one) => GLOSSARY[one]).find((text) => text !== undefined);
  if (!description) throw new Error(`the glossary lacks ${name}.${key}`);
  return { description, ...schema };
}

/** What the zod schemas check in code and a JSON Schema can say as well. */
function withRules({ properties }: { properties: Json }, { used }: Walk): Json {
  const { value, quality, records } = properties as { [key: string]: Json };
  if (value && quality) {
    used.add("length");
    return recordRules(properties as { [key: string]: Json });
  }
  if (records) return { properties, allOf: ["flow", "occupancy"].map(privacyOf) };
  return { properties };
}

function recordRules({ seconds, flags, value, ...rest }: { [key: string]: Json }): Json {
  const length = { description: seconds?.description, $ref: "#/$defs/length" };
  const of = (leaf: Json) => ({ properties: { value: everyNumber(value, leaf) } });
  return {
    properties: { ...rest, seconds: length, value, flags: { ...flags, uniqueItems: true } },
    allOf: [
      implies(
        { properties: { quality: { const: "not_measured" } } },
        of({ type: "null" }),
        of({ not: { type: "null" } }),
      ),
      implies(
        { required: ["flags"], properties: { flags: { contains: { const: "catch_up" } } } },
        { required: ["since"] },
        { properties: { since: false } },
      ),
    ],
  };
}

/** The numbers of a value, however deep, as `leaf`. */
function everyNumber(value: Json | undefined, leaf: Json): Json {
  const { anyOf, properties, propertyNames, additionalProperties: others } = (value ?? {}) as Value;
  if (anyOf?.some((one) => one.type === "object"))
    return { anyOf: anyOf.map((one) => everyNumber(one, leaf)) };
  if (properties) {
    const inner = Object.entries(properties).map(([key, one]) => [key, everyNumber(one, leaf)]);
    return { required: Object.keys(properties), properties: Object.fromEntries(inner) };
  }
  if (typeof others !== "object") return leaf;
  // The names keep a value without classes out.
  return { minProperties: 1, propertyNames, additionalProperties: everyNumber(others, leaf) };
}

interface Value {
  readonly anyOf?: readonly Json[];
  readonly properties?: { readonly [key: string]: Json };
  readonly propertyNames?: Json;
  readonly additionalProperties?: Json | boolean;
}

/** A message with records of a kind says how that kind was noised. */
function privacyOf(kind: string): Json {
  const hasKind = { contains: { properties: { kind: { const: kind } } } };
  return implies({ properties: { records: hasKind } }, { properties: { privacy: { required: [kind] } } });
}

function implies(condition: Json, consequence: Json, otherwise?: Json): Json {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nothing awaits this.
  return { if: condition, then: consequence, ...(otherwise && { else: otherwise }) };
}

function sharedOf(name: string): Json {
  const schema = SHARED[name];
  return schema ? plain(schema) : {};
}

function plain(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema) as Json;
  return rest;
}

function text(value: Json): string {
  return JSON.stringify(value);
}

/** The two payloads that are signed texts. */
const SIGNED: Readonly<Record<string, Json>> = {
  sealed: signed({
    title: "Sealed message (sealed/1)",
    description:
      "Compact JWS over compact JWE, ASCII: header.payload.signature in base64url without padding. The payload is a JWE " +
      "of five parts, whose plaintext is JSON. Headers: jws-header and jwe-header; plaintext: windows.",
    maxLength: MAX_SEALED_CHARACTERS,
  }),
  keys: signed({
    title: "City key set, signed",
    description: "Compact JWS by the city root key, ASCII. Its payload is JSON: key-set.",
    maxLength: MAX_KEY_SET_CHARACTERS,
  }),
  privacy: signed({
    title: "Privacy report, signed",
    description:
      "Compact JWS by the gateway key, ASCII, with the header {alg: EdDSA, typ: telpost+privacy, kid}. Its payload is JSON: " +
      "privacy-report.",
    maxLength: MAX_PRIVACY_REPORT_CHARACTERS,
  }),
};

function signed(words: Json): Json {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    ...words,
    type: "string",
    pattern: "^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$",
    contentMediaType: "application/jose",
  };
}
