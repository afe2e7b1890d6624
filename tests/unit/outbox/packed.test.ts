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
    fc.property(fc.oneof(jws, jwe, dotted, anything), (text) => unpack(pack(text)) === text),
    { numRuns: 2000 },
  );
});

test("a sealed message takes nine bytes for sixteen characters, and a little for its seven parts", () => {
  const coded = (bytes: number) => Buffer.alloc(bytes, 0xa5).toString("base64url");
  const inner = [coded(255), "", coded(12), coded(3300), coded(16)].join(".");
  const text = [coded(82), Buffer.from(inner).toString("base64url"), coded(64)].join(".");
  expect(unpack(pack(text))).toBe(text);
  expect(pack(text).length).toBeLessThan((text.length * 9) / 16 + 120);
});
