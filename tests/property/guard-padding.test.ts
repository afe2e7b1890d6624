import fc from "fast-check";
import { expect, it } from "vitest";
import { systemRandom } from "../../src/base/random.ts";
import type { DerivedOutput } from "../../src/config/derived.ts";
import { CLASS_NAME } from "../../src/contract/values.ts";
import { FLAGS, windowsMessage } from "../../src/contract/windows.ts";
import type { CountedValue, Flag, Output, Window } from "../../src/model.ts";
import { Derivation } from "../../src/sense/derive/derivation.ts";
import { paddedLength, plaintext } from "../../src/sense/guard/envelope.ts";
import { LARGEST_WINDOW_VALUE, release } from "../../src/sense/guard/release.ts";
import { originOf, privacyOf } from "../unit/guard/fixtures.ts";

/** A configuration: what the length may depend on. */
const id = fc.stringMatching(/^[a-z0-9-]{1,32}$/);
const seconds = fc.constantFrom(1, 10, 60, 300, 3600, 86_400);
const method = fc.constantFrom("counted" as const, "derived" as const);
const stat = fc.constantFrom("max" as const, "mean" as const, "last" as const);
const classes = fc.option(
  fc
    .uniqueArray(
      fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/).filter((name) => CLASS_NAME.test(name)),
      { minLength: 1, maxLength: 8 },
    )
    .map((names) => ({ classes: names.sort() })),
  { nil: {} },
);
const withClasses = <T extends object>(output: fc.Arbitrary<T>) =>
  fc.tuple(output, classes).map(([one, set]): T & { classes?: string[] } => ({ ...one, ...set }));
const flow = withClasses(fc.record({ id, kind: fc.constant("flow" as const), method, seconds }));
const gauge = withClasses(fc.record({ id, kind: fc.constant("occupancy" as const), method, seconds, stat }));
const outputs: fc.Arbitrary<Output[]> = fc.uniqueArray(fc.oneof(flow, gauge), {
  selector: (output) => output.id,
  minLength: 1,
  maxLength: 12,
});
const derived = fc.uniqueArray(
  fc.record({ id, level: fc.boolean(), parts: fc.array(fc.nat(), { minLength: 1, maxLength: 16 }) }),
  { selector: (one) => one.id, maxLength: 6 },
);
const privacy = fc
  .record({
    profile: fc.constantFrom("street", "lab"),
    noise: fc.oneof(
      fc.record({ mechanism: fc.constant("discrete-laplace") }),
      fc.record({
        mechanism: fc.constant("none"),
        reason: fc.string({ minLength: 1, maxLength: 200, unit: "grapheme" }),
      }),
    ),
    epsilon: fc.constantFrom("1", "1/999999", "999999/999998"),
    w: fc.integer({ min: 1, max: 1000 }),
  })
  .map(({ profile, noise, epsilon, w }) =>
    privacyOf({ profile, ...noise, flow: { epsilon }, occupancy: { epsilon, w } }),
  );

/** What happens in a window: what the length may not depend on. */
const count = fc.oneof(
  fc.constantFrom(0, LARGEST_WINDOW_VALUE, -LARGEST_WINDOW_VALUE),
  fc.integer({ min: 0, max: 1000 }),
);
const happening = fc.record({
  measured: fc.boolean(),
  a: count,
  b: count,
  covered: fc.double({ min: 0, max: 1, noNaN: true }),
  flags: fc.subarray([...FLAGS] as Flag[]),
  sinceMs: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 4e12 })),
});
const happenings = fc.array(happening, { minLength: 12, maxLength: 12 });

type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const END_MS = Date.parse("2026-07-19T00:00:00Z");

function windowOf(output: Output, { measured, a, b, covered, flags, sinceMs }: Happening): Window {
  const one = output.kind === "flow" ? { in: a, out: b } : { present: a };
  const counted = output.classes
    ? (Object.fromEntries(output.classes.map((name) => [name, one])) as CountedValue)
    : one;
  const coveredMs = covered * output.seconds * 1000;
  return { output, endMs: END_MS, coveredMs, value: measured ? counted : null, flags, sinceMs };
}

type Wish = typeof derived extends fc.Arbitrary<(infer T)[]> ? T : never;

/** A total or a level of some of these outputs, all of one kind, length and statistic. */
function derivedOf({ id: own, level, parts }: Wish, counted: readonly Output[]): DerivedOutput {
  const first = counted[(parts[0] ?? 0) % counted.length] as Output;
  const { kind, seconds, stat } = first;
  if (level) {
    const thresholds = { busy: AT(1), crowded: AT(100), critical: AT(10_000) };
    const number = kind === "flow" ? "both" : "present";
    const rule = { thresholds, riseWindows: 1, fallWindows: 1 } as const;
    return {
      id: own,
      kind: "level",
      method: "derived",
      seconds,
      of: { id: first.id, kind },
      number,
      ...rule,
    };
  }
  const like = counted.filter(
    (one) =>
      one.kind === kind &&
      one.seconds === seconds &&
      one.stat === stat &&
      String(one.classes) === String(first.classes),
  );
  const all = parts.map((part) => ({ id: like[part % like.length]?.id ?? "", mirrored: false }));
  return { ...first, id: own, method: "derived", parts: all };
}

const AT = (from: number) => ({ from, below: from });

it("is the same length whatever was counted, and always fits the writer's schema", () => {
  const numbers = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(outputs, derived, privacy, happenings, numbers, (counted, wishes, chosen, what, seq) => {
      const origin = originOf(chosen);
      const taken = new Set(counted.map(({ id }) => id));
      const more = wishes.filter((wish) => !taken.has(wish.id)).map((wish) => derivedOf(wish, counted));
      const noised = counted.map((output, index) =>
        release(windowOf(output, what[index] as Happening), chosen, systemRandom),
      );
      const derivation = new Derivation(more);
      const made = [...new Set(counted.map(({ seconds }) => seconds))].map((seconds) =>
        derivation.from(noised, seconds),
      );
      const configured = [...counted, ...made.flatMap((one) => one.outputs)];
      const records = [...noised, ...made.flatMap((one) => one.records)];
      const closing = { epoch: "0".repeat(16), seq, endMs: END_MS, outputs: configured, records };
      const bytes = plaintext(origin, closing);
      expect(bytes.length).toBe(paddedLength(origin, configured));
      const { schema, ...rest } = windowsMessage.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
      expect(schema).toBe("telpost/windows/1");
      expect(rest.records).toEqual(records);
    }),
    { numRuns: 300 },
  );
});
