import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { allOutputs } from "../../src/config/outputs.ts";
import { parseConfig, problemLine } from "../../src/config/parse.ts";
import { configSchema } from "../../src/config/schema.ts";
import { deviceProfile } from "../kit/devices.ts";

const folder = join(import.meta.dirname, "../config");
const cases = readdirSync(folder).sort();

/** `line:column path: message`, one a problem. */
function problems(text: string): string[] {
  const parsed = parseConfig(text, [deviceProfile("gpio-pulse")]);
  if (parsed.ok) return [];
  return parsed.problems.map((problem) => problemLine("", problem).slice(1));
}

/** Every key that a JSON schema knows, at any depth. */
function* keysOf(schema: unknown): Generator<string> {
  if (typeof schema !== "object" || schema === null) return;
  const { properties } = schema as { properties?: object };
  if (properties) yield* Object.keys(properties);
  for (const inner of Object.values(schema)) yield* keysOf(inner);
}

const fileOf = (name: string, file: string) => readFileSync(join(folder, name, file), "utf8");

describe("a configuration", () => {
  it.each(cases)("has exactly the problems that stand beside it: %s", (name) => {
    const expected = fileOf(name, "problems.txt").split("\n").filter(Boolean);
    expect(problems(fileOf(name, "telpost.yaml"))).toEqual(expected);
  });

  it("is good exactly in the cases that say so", () => {
    const good = cases.filter((name) => fileOf(name, "problems.txt") === "");
    expect(good).toEqual(cases.filter((name) => name.startsWith("good-")));
    expect(good.length).toBeGreaterThan(3);
  });

  it("is refused for its size before it is read", () => {
    const [line] = problems(`${fileOf("good-smallest", "telpost.yaml")}#${"x".repeat(300 * 1024)}\n`);
    expect(line).toBe("1:1: the file is larger than 256 KiB; a configuration needs a few KiB");
  });

  it("shows every key once it is written in full", () => {
    const example = readFileSync(join(folder, "../../firmware-config/telpost.example.yaml"), "utf8");
    expect(problems(example)).toEqual([]);
    const keys = [...keysOf(z.toJSONSchema(configSchema, { io: "input" }))];
    expect(keys.length).toBeGreaterThan(50);
    // A key is shown in use, or in a comment as something to be taken into use.
    const isShown = (key: string) => new RegExp(`^ *(# |- )?${key}:`, "m").test(example);
    expect(keys.filter((key) => !isShown(key) && !/^reason$/.test(key))).toEqual([]);
    expect(example).toContain('needs: reason: "why"');
  });

  it("is refused in one line for nesting deeper than any parser can follow", () => {
    const { stackTraceLimit } = Error;
    // The runner maps every frame of every stack overflow to its source, which takes seconds.
    Error.stackTraceLimit = 0;
    onTestFinished(() => {
      Error.stackTraceLimit = stackTraceLimit;
    });
    for (const text of [
      "[".repeat(20_000),
      "{a: ".repeat(10_000),
      "- ".repeat(20_000),
      "? ".repeat(10_000),
    ]) {
      const lines = problems(text);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^\d+:\d+: nested too deeply/);
    }
  });

  it("never shows more than twenty slips of syntax", () => {
    const lines = problems("a: [1\n".repeat(500));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(20);
  });

  it("ends in a configuration or in problems, whatever the text is", () => {
    const good = fileOf("good-smallest", "telpost.yaml");
    const mangled = fc
      .tuple(
        fc.nat(good.length),
        fc.nat(40),
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.constantFrom("[", "{", "&a ", "*a", ": ", "\n", "\t", "!!map ", "? "),
        ),
      )
      .map(([at, length, text]) => good.slice(0, at) + text + good.slice(at + length));
    fc.assert(
      fc.property(fc.oneof(mangled, fc.string({ unit: "binary" })), (text) => {
        const parsed = parseConfig(text, [deviceProfile("gpio-pulse")]);
        if (parsed.ok) return allOutputs(parsed.value).length > 0;
        const lines = text.split("\n").length;
        return (
          parsed.problems.length > 0 &&
          parsed.problems.every(
            (one) => one.line >= 1 && one.line <= lines + 1 && !one.message.includes("\n"),
          )
        );
      }),
      { numRuns: 200 },
    );
  });
});
