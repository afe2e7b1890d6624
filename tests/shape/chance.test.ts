import { globSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { code, ROOT } from "./tree.ts";

/** The dice that tests throw. What stands here fails by chance in less than one run of a thousand million. */
const DICE = {
  "tests/e2e/doctor/rig.ts": "a name of a file",
  "tests/faults/city.ts": "how long a city waits before it comes again",
  "tests/privacy/mutants.ts": "noise that must be refused; see ALPHA in tests/privacy/statistics.ts",
  "tests/privacy/p05-once.test.ts": "the moment of a kill",
  "tests/privacy/p10-logs.test.ts": "counts to be looked for in a log; see ALPHA",
  "tests/unit/city/reader.test.ts": "500 bytes, which are three words of base64url once in 1e297",
};

describe("chance", () => {
  it("draws the same cases for the property tests in every run", () => {
    const seed = Number(process.env.TELPOST_SEED ?? fc.readConfigureGlobal().seed);
    expect(Number.isInteger(seed)).toBe(true);
    const drawn = () => fc.sample(fc.maxSafeNat(), 5);
    expect(drawn()).toEqual(drawn());
  });

  it("has no part in other tests, but where it is known how little it decides", () => {
    const throwing = globSync("tests/**/*.ts", { cwd: ROOT })
      .filter((path) =>
        /\bMath\.random\b|\brandom(Int|Bytes|UUID|Fill)\w*\(|\bgetRandomValues\b/.test(code(path)),
      )
      .filter((path) => path !== "tests/shape/chance.test.ts");
    expect(throwing.sort()).toEqual(Object.keys(DICE));
  });
});
