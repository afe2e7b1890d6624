import { parseArgs } from "node:util";
import { describe, expect, it } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };
import { generalHelp, verbHelp } from "../../../src/cli/help.ts";
import { EXIT, parseOptions, type Verb } from "../../../src/cli/verb.ts";
import { verbs } from "../../../src/cli/verbs.ts";
import { VERSION } from "../../../src/ops/version.ts";

/** The words of an example behind `telpost`, up to a pipe or a redirection. */
function wordsOf(example: string): string[] {
  const [own = ""] = example.split(/ [|<>]/);
  return own.split(" ").slice(1);
}

function parsed(verb: Verb, words: readonly string[]) {
  return parseArgs({ args: [...words], options: parseOptions(verb), allowPositionals: true });
}

describe.each(verbs.map(({ name }) => name))("telpost %s", (name) => {
  const listed = verbs.find((one) => one.name === name);
  const load = async () => {
    if (!listed) throw new Error(name);
    return { listed, verb: await listed.load() };
  };

  it("has a help with at least one example, and its examples parse", async () => {
    const { listed, verb } = await load();
    expect(verb.examples.length).toBeGreaterThan(0);
    for (const example of verb.examples) {
      expect(example).toMatch(new RegExp(`^telpost ${name}\\b`));
      const [first, ...words] = wordsOf(example);
      expect(first).toBe(name);
      expect(parsed(verb, words).positionals.length).toBeLessThanOrEqual(verb.words ?? 0);
    }
    expect(verbHelp(listed, verb)).toContain(verb.examples[0]);
  });

  it("shows each flag in its usage and says what it does, and shows no other", async () => {
    const { listed, verb } = await load();
    const page = verbHelp(listed, verb);
    for (const [flag, { type, value, help }] of Object.entries(verb.options)) {
      expect(page).toContain(`  --${flag}${value ? ` ${value}` : ""} `);
      expect([help.length > 5, type === "string"]).toEqual([true, value !== undefined]);
    }
    const named = [...verb.usage.matchAll(/--([a-z-]+)/g)].map((match) => match[1]);
    expect(named.filter((flag) => !Object.hasOwn(verb.options, flag ?? ""))).toEqual([]);
  });

  it("keeps every line within a terminal of 120 columns", async () => {
    const { listed, verb } = await load();
    expect(
      verbHelp(listed, verb)
        .split("\n")
        .filter((line) => line.length > 120),
    ).toEqual([]);
  });
});

it("lists every verb once, and every exit code", () => {
  const page = generalHelp(verbs, VERSION);
  expect(new Set(verbs.map(({ name }) => name)).size).toBe(verbs.length);
  for (const { name, summary } of verbs)
    expect(page).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 10)}`, "m"));
  for (const code of [...Object.values(EXIT), 78]) expect(page).toMatch(new RegExp(`\\b${code} [a-z]`));
});

it("is the version of package.json", () => {
  expect(VERSION).toBe(packageJson.version);
});
