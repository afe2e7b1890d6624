import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { problemLine } from "../../../src/config/parse.ts";
import { parseProfile } from "../../../src/config/profile.ts";

/** A case is a folder: a profile, and all that is wrong with it. */
const FOLDER = join(import.meta.dirname, "../../config-profile");
const read = (name: string, file: string) => readFileSync(join(FOLDER, name, file), "utf8");

describe("a profile and its problems", () => {
  it.each(readdirSync(FOLDER).sort())("%s", (name) => {
    const parsed = parseProfile(read(name, "profile.yaml"));
    const problems = parsed.ok ? [] : parsed.problems.map((one) => problemLine("profile.yaml", one));
    expect(problems.map((line) => `${line}\n`).join("")).toBe(read(name, "problems.txt"));
  });
});

it("a profile of more than 64 KiB is not even parsed", () => {
  const long = `# ${"é".repeat(33_000)}\n${read("good", "profile.yaml")}`;
  expect(parseProfile(long)).toEqual({
    ok: false,
    problems: [{ line: 1, column: 1, path: "", message: "the file is larger than 64 KiB" }],
  });
  expect(parseProfile(`# ${"e".repeat(33_000)}\n${read("good", "profile.yaml")}`)).toMatchObject({
    ok: true,
  });
});
