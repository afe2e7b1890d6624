import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ERRORS_PAGE, errorsPage } from "../../scripts/write-docs.ts";

it("docs/errors.md is what npm run docs writes", () => {
  expect(readFileSync(ERRORS_PAGE, "utf8")).toBe(errorsPage());
});
