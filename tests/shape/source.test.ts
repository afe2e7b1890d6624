import { describe, expect, it } from "vitest";
import { ERRORS } from "../../src/base/error-table.ts";
import { LOG_EVENTS } from "../../src/base/log.ts";
import { code, linesWith, read, sources } from "./tree.ts";

const MAX_LINES = 250;
/** Tables of data, long by nature. */
const TABLES = ["src/base/error-table.ts"];
const inBase = (path: string) => path.startsWith("src/base/");

describe("the source", () => {
  it(`has files of at most ${MAX_LINES} lines, half of them of at most 120`, () => {
    const lines = (path: string) => read(path).trimEnd().split("\n").length;
    const sized = sources.map((path) => ({ path, lines: lines(path) })).sort((a, b) => a.lines - b.lines);
    const median = sized[sized.length >> 1]?.lines ?? 0;
    console.log(
      `${sized.length} source files, median ${median} lines, longest ${sized.at(-1)?.lines} (${sized.at(-1)?.path})`,
    );
    const tooLong = sized.filter((one) => one.lines > MAX_LINES && !TABLES.includes(one.path));
    expect(tooLong).toEqual([]);
    expect(median).toBeLessThanOrEqual(120);
  });

  it("has functions of at most 40 lines: the linter counts them", () => {
    const { overrides } = JSON.parse(read("biome.json"));
    const rule = { level: "error", options: { maxLines: 40 } };
    expect(overrides).toContainEqual(
      expect.objectContaining({
        includes: ["src/**"],
        linter: { rules: { complexity: { noExcessiveLinesPerFunction: rule } } },
      }),
    );
    expect(sources.filter((path) => /biome-ignore.*noExcessiveLines/.test(read(path)))).toEqual([]);
  });

  it("reads no clock and sets no timer outside base/: time is an argument", () => {
    const clock =
      /\bDate\.now\b|\bnew Date\(\s*\)|\bset(Timeout|Interval)\(|\bperformance\.now\b|\bhrtime\b|node:timers/;
    expect(linesWith(clock, inBase)).toEqual([]);
  });

  it("never uses the engine's own random numbers", () => {
    expect(linesWith(/\bMath\.random\b/)).toEqual([]);
  });

  it("listens to signals and the like only in its mains", () => {
    const main = (path: string) => /^src\/(telpost\.ts|[a-z]+\/main\.ts|cli\/.*)$/.test(path);
    expect(linesWith(/\bprocess\.(on|once|addListener)\(/, main)).toEqual([]);
  });

  it("has no any, no enum and no inheritance but from Error", () => {
    expect(linesWith(/:\s*any\b|\bas any\b|^\s*(export )?(const )?enum\s/)).toEqual([]);
    const towers = linesWith(/\bclass \w+(<[^>]*>)? extends (?!Error\b)/);
    expect(towers).toEqual([]);
  });

  it("names no file, person or issue of its making", () => {
    const odd = sources.filter((path) => /\/work\/|\/tmp\/brief|\bTODO\b|\bFIXME\b|\bXXX\b/.test(read(path)));
    expect(odd).toEqual([]);
  });
});

const elsewhere = sources
  .filter((path) => path !== "src/base/error-table.ts" && path !== "src/base/log.ts")
  .map(code)
  .join("\n");

describe("the closed lists", () => {
  it("hold no error code that nothing in the source can raise", () => {
    expect(
      Object.keys(ERRORS).filter(
        (name) => !elsewhere.includes(`"${name}"`) && !elsewhere.includes(`\`${name}: `),
      ),
    ).toEqual([]);
  });

  it("hold no log event that is never logged", () => {
    expect(LOG_EVENTS.filter((name) => !elsewhere.includes(`"${name}"`))).toEqual([]);
  });

  it("hold every event that is logged", () => {
    const logged = [...elsewhere.matchAll(/\blog\??\.(?:debug|info|warn|error|fatal)\(\s*"([^"]+)"/g)].map(
      (match) => match[1],
    );
    expect(logged.length).toBeGreaterThan(20);
    expect(logged.filter((name) => !(LOG_EVENTS as readonly string[]).includes(name ?? ""))).toEqual([]);
  });
});
