import fc from "fast-check";
import { expect, it } from "vitest";
import { changes } from "../../../src/base/line-changes.ts";

/** What a terminal shows after the changes. */
function applied(shown: string, next: string): string {
  let cells = [...shown];
  for (const { at, text, ends } of changes(shown, next)) {
    const written = [...text];
    cells.splice(at, written.length, ...written);
    if (ends) cells = cells.slice(0, at + written.length);
  }
  return cells.join("");
}

it("makes the next line out of any line", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "|"), maxLength: 40 });
  fc.assert(
    fc.property(text, text, (shown, next) => {
      expect(applied(shown, next)).toBe(next);
    }),
  );
});

it("writes what changed and no more", () => {
  expect(changes("12:20:55", "12:20:56")).toEqual([{ at: 7, text: "6", ends: false }]);
  expect(changes("same", "same")).toEqual([]);
  expect(changes("waiting 10", "waiting 9")).toEqual([{ at: 8, text: "9", ends: true }]);
  expect(changes("1 and much between 1", "2 and much between 2")).toHaveLength(2);
});
