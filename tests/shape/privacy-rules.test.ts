import { globSync } from "node:fs";
import { expect, it } from "vitest";
import { RULES } from "../privacy/page.ts";
import { ROOT, read } from "./tree.ts";

/** The privacy rules P1 to P18, each with tests named by its number and evidence on the page. */

const tests = globSync("tests/privacy/*.test.ts", { cwd: ROOT }).map(read).join("\n");
const page = read("docs/privacy-evidence.md");

it.each(Object.keys(RULES))("%s has a test of its name, and evidence on the page", (rule) => {
  expect(tests).toMatch(new RegExp(`\\b(it|fails)\\b[^"\`]*["\`](P\\d+ )*${rule} `));
  const section = page.split(`\n## ${rule}\n`)[1]?.split("\n## ")[0] ?? "";
  expect(section).toMatch(/^- ./m);
});
