import { z } from "zod";

/** What this module needs of a JSON Schema (2020-12). */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema | boolean;
  readonly prefixItems?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** The names of everything that a schema lets through: `a.b` for b in a, `a[]` for each of a. Sorted, each once. */
export function fieldsOf(schema: z.ZodType): string[] {
  const json = z.toJSONSchema(schema, { unrepresentable: "any", reused: "inline" }) as Schema;
  return [...new Set(namesIn(json, ""))].sort();
}

function* namesIn(schema: Schema, path: string): Generator<string> {
  const { properties = {}, items, prefixItems = [], anyOf = [], oneOf = [], allOf = [] } = schema;
  for (const [name, inner] of Object.entries(properties)) {
    const own = path === "" ? name : `${path}.${name}`;
    yield own;
    yield* namesIn(inner, own);
  }
  for (const inner of [...(typeof items === "object" ? [items] : []), ...prefixItems])
    yield* namesIn(inner, `${path}[]`);
  for (const inner of [...anyOf, ...oneOf, ...allOf]) yield* namesIn(inner, path);
}

/** The same names, of a value. */
export function fieldsIn(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((one) => fieldsIn(one, `${path}[]`)))];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const own = path === "" ? name : `${path}.${name}`;
    return [own, ...fieldsIn(inner, own)];
  });
}
