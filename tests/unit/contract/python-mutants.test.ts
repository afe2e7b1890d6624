import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CONTRACT } from "../../kit/contract.ts";
import { describeWith, PYTHON } from "../../kit/programs.ts";

/** A reader with one check left out must be found out by the vectors: else they would say nothing about that check. */
const MUTANTS: readonly (readonly [check: string, file: string, from: string, to: string])[] = [
  ["the spelling of base64url", "sealed.py", "if spelled(data) != text:", "if False:"],
  [
    "the fields of a header",
    "sealed.py",
    "if not schema.valid(header, header_schema, header_schema):",
    "if False:",
  ],
  ["the signature", "sealed.py", "key.verify(signature,", "max(signature,"],
  [
    "whose key it is",
    "sealed.py",
    "registry.gateways[gateway])",
    "{kid: one for keys in registry.gateways.values() for kid, one in keys.items()})",
  ],
  ["who encrypted it", "sealed.py", 'if header["sgn"] != signer:', "if False:"],
  ["the gateway", "sealed.py", 'if header["gw"] != gateway:', "if False:"],
  ["the length of the iv", "sealed.py", "if wrapped or len(iv) != 12 or", "if wrapped or"],
  ["the encrypted key", "sealed.py", "if wrapped or len(iv) != 12", "if len(iv) != 12"],
  ["what is no JSON", "sealed.py", "parse_constant=_no_constant", "parse_constant=lambda _: 0"],
  ["the schema inside", "sealed.py", "if not schema.valid(message, WINDOWS, WINDOWS) or", "if"],
  ["the rules inside", "sealed.py", "or not _rules(message):", "or False:"],
  ["the outside and the inside", "sealed.py", "if outside != (", "if False and outside != ("],
  ["other bytes under a number", "reader.py", "if before != hash_of(payload):", "if False:"],
  ["another record of a window", "reader.py", "elif before != now:", "elif False:"],
  ["what a level was made of", "reader.py", '"method", "of",', '"method",'],
  ["when a hole was first seen", "gaps.py", "if one[2] + GRACE_SECONDS <= now", "if one[2] <= now"],
  ["what was declared", "gaps.py", "labels[reason] = common(rest, ranges)", "labels[reason] = []"],
  ["the end of an epoch", "gaps.py", 'elif event["kind"] == "epoch"', 'elif event["kind"] == "end"'],
  ["a clock that was not set", "gaps.py", "if anchored:", "if True:"],
  ["windows that lie wholly in a gap", "gaps.py", "// length) + 1", "// length)"],
  [
    "what came after all",
    "gaps.py",
    "for label, ranges in [*changes, (None, closed)]",
    "for label, ranges in changes",
  ],
  [
    "who signed a key set",
    "key_sets.py",
    "except InvalidSignature:\n        raise",
    "except InvalidSignature:\n        pass\n    if 0: raise",
  ],
  [
    "the type of a key set",
    "key_sets.py",
    'if not isinstance(header, dict) or (header.get("alg"), header.get("typ")) !=',
    "if () ==",
  ],
  ["an older key set", "key_sets.py", "if current and (version < current[0] or", "if current and ("],
  ["a walk record", "reader.py", 'if message["kind"] == "commissioning":', "if False:"],
  ["who signed a walk record", "walk_records.py", "key.verify(signature,", "max(signature,"],
  [
    "whose key signed a walk record",
    "reader.py",
    "open_walk_record(message, self._registry.gateways[gateway])",
    "open_walk_record(message, {kid: one for keys in self._registry.gateways.values() for kid, one in keys.items()})",
  ],
  ["the type of a walk record", "walk_records.py", '"typ": {"const": "telpost+walk-test"}', '"typ": {}'],
  ["the algorithm of a walk record", "walk_records.py", '"alg": {"const": "EdDSA"}', '"alg": {}'],
  ["what else its header says", "walk_records.py", '"additionalProperties": False', '"title": ""'],
  [
    "the schema of a walk record",
    "walk_records.py",
    "if not schema.valid(record, RECORD, RECORD):",
    "if False:",
  ],
  ...["tenant", "site", "gateway", "sensor", "line", "how", "verdict"].map(
    (name) =>
      [
        `the ${name} in a walk record`,
        "walk_records.py",
        "for name in SAID_TWICE):",
        `for name in SAID_TWICE if name != "${name}"):`,
      ] as const,
  ),
];

describeWith(["python3/cryptography"], "the vectors find out a reader in Python without", () => {
  let folder: string;
  let found: Map<string, string>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "telpost-mutants-"));
    cpSync(join(CONTRACT, "schemas"), join(folder, "schemas"), { recursive: true });
    const none = mutant("nothing");
    for (const [check, file, from, to] of MUTANTS) {
      const path = join(mutant(check), file);
      const text = readFileSync(path, "utf8");
      expect(text.split(from), check).toHaveLength(2);
      writeFileSync(
        path,
        text.replace(from, () => to),
      );
    }
    found = findOut([none, ...MUTANTS.map(([check]) => place(check))]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const place = (name: string) => join(folder, "readers", name.replaceAll(" ", "-"));

  /** A copy of the reader, to be broken. */
  function mutant(name: string): string {
    mkdirSync(place(name), { recursive: true });
    cpSync(join(CONTRACT, "readers/python"), place(name), { recursive: true });
    return place(name);
  }

  /** What became of each, by its folder: the line about the first vector that went wrong, or the end. */
  function findOut(places: readonly string[]): Map<string, string> {
    const program = join(import.meta.dirname, "../../kit/python-mutants.py");
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
    const args = [program, join(CONTRACT, "vectors"), ...places];
    const { status, stdout, stderr } = spawnSync(PYTHON, args, { env, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    const lines = stdout.trim().split("\n");
    return new Map(places.map((path, at) => [path, lines[at] ?? ""]));
  }

  it("nothing: none goes wrong", () => {
    expect(found.get(place("nothing"))).toBe('{"type":"checked","wrong":0}');
  });

  it.each(MUTANTS)("a check of %s", (check) => {
    // It names a vector that went wrong; a mutant that cannot run at all would prove nothing.
    expect(found.get(place(check))).toContain('"type":"wrong"');
  });
});
