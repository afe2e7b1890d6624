import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bashCompletion } from "../../scripts/build/completion.ts";
import { loadVerbs, manualPage } from "../../scripts/build/manual.ts";
import {
  COMPLETION,
  ERRORS_PAGE,
  errorsPage,
  MANUAL,
  README_PAGE,
  readmePage,
} from "../../scripts/write-docs.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { deviceProfile } from "../kit/devices.ts";

it("docs/errors.md is what npm run docs writes", () => {
  expect(readFileSync(ERRORS_PAGE, "utf8")).toBe(errorsPage());
});

it("the manual page and the completion are what npm run docs writes", async () => {
  const loaded = await loadVerbs();
  expect(readFileSync(MANUAL, "utf8")).toBe(manualPage(loaded));
  expect(readFileSync(COMPLETION, "utf8")).toBe(bashCompletion(loaded));
});

it("the README shows the example configuration as it is, and the example is good", () => {
  const readme = readFileSync(README_PAGE, "utf8");
  expect(readme).toBe(readmePage());
  const example = /<!-- example -->\n```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  expect(parseConfig(example, [deviceProfile("gpio-pulse")])).toMatchObject({ ok: true });
});

describe("a decision record", () => {
  const folder = join(import.meta.dirname, "../../docs/decisions");
  const names = readdirSync(folder).sort();

  it("has the next number", () => {
    expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index + 1));
  });

  it.each(names)(
    "says in at most 60 lines what was decided, why, what it is not, and what would change it: %s",
    (name) => {
      const text = readFileSync(join(folder, name), "utf8");
      expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(60);
      for (const part of [
        "# 0",
        "**Decision.**",
        "**Why.**",
        "**What it is not.**",
        "**What would change our mind.**",
      ]) {
        expect(text).toContain(part);
      }
    },
  );
});
