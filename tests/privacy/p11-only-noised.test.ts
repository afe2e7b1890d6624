import { describe, expect, it } from "vitest";
import { configSchema } from "../../src/config/schema.ts";
import { code, importsOf, sources } from "../shape/tree.ts";
import { evidence } from "./evidence.ts";

/**
 * P11: thresholds, levels, totals and forecasts are computed from noised values only: true values do not get that far.
 * p11-levels.test.ts measures it. Alerts and forecasts do not exist: whoever adds one proves there that it follows the
 * noised distribution, and takes its key from the list at the end.
 */

/** The stages that hold true values, and the two files of sense that carry closed windows from one to the other. */
const KNOWS = /^src\/model\.ts$|^src\/sense\/(count|guard)\/|^src\/sense\/(pipeline|closed-windows)\.ts$/;

describe("true values", () => {
  it("P11 of a closed window are known to the stages count and guard alone", () => {
    const users = sources.filter((path) =>
      /import[^;]*\b(Window|CountedValue)\b[^;]*from "[./]*model(\/\w+)?\.ts"/.test(code(path)),
    );
    expect(users.length).toBeGreaterThan(3);
    expect(users.filter((path) => !KNOWS.test(path))).toEqual([]);
  });

  it("P11 become records in one place, which draws the noise", () => {
    const makers = sources.filter((path) => code(path).includes("as Record;"));
    expect(makers).toEqual(["src/sense/guard/release.ts"]);
    const callers = sources.filter(
      (path) =>
        /\brelease\(/.test(code(path)) &&
        importsOf(path).some(({ target }) => target.endsWith("guard/release.ts")),
    );
    expect(callers).toEqual(["src/sense/closed-windows.ts"]);
    const derive = sources.filter((path) => path.startsWith("src/sense/derive/"));
    expect(derive.length).toBeGreaterThan(2);
    const stages = derive.flatMap((path) => importsOf(path).map(({ target }) => target));
    expect(stages.filter((target) => /^src\/sense\/(?!derive\/)/.test(target))).toEqual([]);
    evidence(
      "P11",
      "True values of a window reach the stages count and guard only; one function makes records of them. Totals and levels are made of records",
    );
  });
});

it("P11 no alert and no forecast exists to compute", () => {
  for (const key of ["thresholds", "alerts", "forecast"]) {
    const { success } = configSchema.shape.privacy.safeParse({ [key]: {} });
    expect([key, success]).toEqual([key, false]);
    expect(Object.keys(configSchema.shape)).not.toContain(key);
  }
});
