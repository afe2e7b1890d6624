import fc from "fast-check";
import { expect, test } from "vitest";
import { pack, unpack } from "../../../src/forward/outbox/packed.ts";

const part = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("base64url"));
const jwe = fc.array(part, { minLength: 5, maxLength: 5 }).map((parts) => parts.join("."));
const jws = fc
  .tuple(part, jwe, part)
  .map(([header, inner, signature]) =>
    [header, Buffer.from(inner).toString("base64url"), signature].join("."),
  );
const dotted = fc.stringMatching(/^[\w-]{0,9}(\.[\w-]{0,9}){0,6}$/);
const anything = fc.string({ unit: "binary" }).filter((text) => text.isWellFormed());

test("whatever is packed comes back byte for byte", () => {
  fc.assert(
    fc.property(fc.oneof(jws, jwe, dotted, anything), (text) => expect(unpack(pack(text))).toBe(text)),
    { numRuns: 2000 },
  );
});

test("a sealed message takes nine bytes for sixteen characters, and a little for its seven parts", () => {
  const inner = ["h".repeat(340), "", "i".repeat(16), "c".repeat(4400), "t".repeat(22)];
  const text = ["h".repeat(110), Buffer.from(inner.join(".")).toString("base64url"), "s".repeat(86)].join(
    ".",
  );
  expect(unpack(pack(text))).toBe(text);
  expect(pack(text).length).toBeLessThan((text.length * 9) / 16 + 120);
});
