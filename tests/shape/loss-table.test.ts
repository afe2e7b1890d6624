import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

interface Row {
  readonly event: string;
  readonly tests: readonly { readonly path: string; readonly title: string }[];
}

/** The rows of the README's table of what may be lost. A test is named `"its title" (path)`. */
function lossTable(): Row[] {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const table = readme.split("<!-- loss -->")[1]?.split("<!-- end of loss -->")[0] ?? "";
  const rows = table.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| event"));
  return rows.map((line) => {
    const [, event = "", , tests = ""] = line.split("|").map((cell) => cell.trim());
    const named = [...tests.matchAll(/"([^"]+)" \(\[[^\]]+\]\(([^)]+)\)\)/g)];
    return { event, tests: named.map(([, title = "", path = ""]) => ({ path, title })) };
  });
}

it("has a row for every kind of trouble that a city is promised something about", () => {
  expect(lossTable().map(({ event }) => event)).toEqual([
    "broker or network away",
    "forward killed",
    "sense killed",
    "power cut",
    "slow storage",
    "disk full or failing",
    "database damaged",
    "sensor unplugged, silent, talking rubbish",
    "clock never set, or stepped",
    "several of these together",
  ]);
});

it.each(lossTable())("names tests that exist for: $event", ({ tests }) => {
  expect(tests.length).toBeGreaterThan(0);
  for (const { path, title } of tests) {
    expect(path).toMatch(/^tests\/.*\.test\.ts$/);
    expect(existsSync(join(ROOT, path)), path).toBe(true);
    expect(readFileSync(join(ROOT, path), "utf8"), `${path} has no such test`).toContain(`"${title}"`);
  }
});
