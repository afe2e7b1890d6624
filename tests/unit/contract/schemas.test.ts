import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import type { Examples } from "../../../scripts/contract/examples.ts";
import { contractFiles, GENERATED_FOLDERS } from "../../../scripts/contract/files.ts";
import { GLOSSARY } from "../../../scripts/contract/glossary.ts";
import { MESSAGES } from "../../../scripts/contract/messages.ts";
import { contractFilesOf, contractJson, contractText, validatorOf } from "../../kit/contract.ts";

const examplesOf = (name: string) => contractJson<Examples>(`examples/${name}.json`);

describe("contract/", () => {
  const files = contractFiles();

  it.each([...files.keys()])("%s is what npm run docs writes", (path) => {
    expect(contractText(path)).toBe(files.get(path));
  });

  it("holds nothing else where generated files lie", () => {
    const there = GENERATED_FOLDERS.flatMap((folder) => contractFilesOf(`${folder}/*.*`));
    expect(there.filter((path) => !files.has(path))).toEqual([]);
  });

  it("says something about every message, and its glossary holds no word that none uses", () => {
    const schemas = contractFilesOf("schemas/**/*.json").map(contractText).join("");
    expect(Object.values(GLOSSARY).filter((text) => !schemas.includes(JSON.stringify(text)))).toEqual([]);
    expect(MESSAGES.filter(({ name }) => examplesOf(name).valid.length === 0)).toEqual([]);
  });
});

describe.each(MESSAGES)("the schema $name", ({ name, writer, reader }) => {
  const closed = validatorOf(`schemas/${name}.schema.json`);
  const open = reader ? validatorOf(`schemas/readers/${name}.schema.json`) : closed;
  const { valid, invalid } = examplesOf(name);

  it.each(valid)("accepts $name, as the code does", ({ later, message }) => {
    expect(open(message), JSON.stringify(open.errors)).toBe(true);
    expect((reader ?? writer).safeParse(message)).toMatchObject({ success: true });
    expect(closed(message)).toBe(!later);
    // Some writers' schemas drop what they do not know, the others refuse it: none writes it.
    const written = writer.safeParse(message);
    expect(written.success && isDeepStrictEqual(written.data, message)).toBe(!later);
  });

  it.each(invalid)("refuses $wrong, as the code does", ({ beyondSchema, message }) => {
    expect((reader ?? writer).safeParse(message)).toMatchObject({ success: false });
    expect(writer.safeParse(message)).toMatchObject({ success: false });
    expect(closed(message)).toBe(beyondSchema === true);
    expect(open(message)).toBe(beyondSchema === true);
  });

  it("is closed at every level, but for readers", () => {
    const opened = objectsOf(contractJson(`schemas/${name}.schema.json`)).filter(
      // A list by name closes its values instead.
      ({ additionalProperties: more }) => more !== false && typeof more !== "object",
    );
    expect(opened).toEqual([]);
    if (!reader) return;
    const shut = objectsOf(contractJson(`schemas/readers/${name}.schema.json`));
    expect(shut.filter((schema) => schema.additionalProperties === false)).toEqual([]);
  });
});

/** Every schema of an object that is there, however deep. */
function objectsOf(schema: unknown): Record<string, unknown>[] {
  if (typeof schema !== "object" || schema === null) return [];
  const own = "type" in schema && schema.type === "object" ? [schema as Record<string, unknown>] : [];
  return [...own, ...Object.values(schema).flatMap(objectsOf)];
}
