import fc from "fast-check";
import { expect, it } from "vitest";
import { readYaml } from "../../src/config/yaml.ts";
import { yamlText } from "../../src/config/yaml-text.ts";

const words = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "yes",
    "NO",
    "null",
    "~",
    "1e3",
    "0x1f",
    "-",
    "a: b",
    "a #b",
    "# a",
    "2027-12-31",
    "[",
    "'",
    "\u2028",
  ),
);
const leaf = fc.oneof(words, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie("value"), { maxLength: 5 }), tie("map")),
  map: fc.dictionary(
    words.filter((key) => key !== "__proto__"),
    tie("value"),
    { maxKeys: 5 },
  ),
}));

it("is read back as what was written, whatever stands in it", () => {
  const maps = fc.dictionary(
    words.filter((key) => key !== "__proto__"),
    value,
    { maxKeys: 6 },
  );
  fc.assert(
    fc.property(maps, (plain) => {
      const text = yamlText(plain);
      const read = readYaml(text);
      if (Object.keys(plain).length === 0) return;
      expect(read.ok ? read.value.plain : read.problems).toEqual(JSON.parse(JSON.stringify(plain)));
    }),
    { numRuns: 500 },
  );
});

it("puts what fits on a line on one line", () => {
  const gateway = { tenant: "denhaag", id: "gw07" };
  const sensors = [
    { id: "gate", port: "/dev/ttyUSB0", lines: [{ id: "a".repeat(32), from: [-1, 0.5], to: [1, 0.5] }] },
  ];
  expect(yamlText({ gateway, sensors, epsilon: "1" })).toBe(`gateway: { tenant: denhaag, id: gw07 }
sensors:
  - id: gate
    port: /dev/ttyUSB0
    lines: [{ id: ${"a".repeat(32)}, from: [-1, 0.5], to: [1, 0.5] }]
epsilon: "1"
`);
});
