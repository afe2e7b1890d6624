import { describe, expect, it } from "vitest";
import { systemRandom } from "../../src/base/random.ts";
import { byClass } from "../../src/contract/values.ts";
import type { ReadRecord } from "../../src/contract/windows.ts";
import type { Output } from "../../src/model.ts";
import { release } from "../../src/sense/guard/release.ts";
import { NOON, SenseRig } from "../kit/core.ts";
import { Dice } from "../kit/dice.ts";
import { replayConfig } from "../kit/replayed.ts";
import { flowOutput, gaugeOutput, privacyOf, windowOf } from "../unit/guard/fixtures.ts";
import { evidence, FULL, pText } from "./evidence.ts";
import { ALPHA, laplaceFit, laplaceVariance, Z_LIMIT, zOfCorrelation, zOfSum } from "./statistics.ts";

/**
 * P11, P4 and P7 of classes: a fixed set, all of it in every window whatever passes, each class with noise of its own. Which
 * classes came must show in nothing but the numbers, which are noised.
 */

const CLASSES = ["bicycle", "car", "other", "person"];
const WINDOWS = FULL ? 600 : 120;
const DRAWS = FULL ? 20_000 : 10_000;

/** What is said at a gate, on a square and on a walk; more names than any set has. */
const NAMES = [...CLASSES, "dog", "scooter", ""];
const SET = "classes: [person, other, car, bicycle], silentAfterSeconds: 300";
const ZONE = "zones: [{ id: zone, corners: [[-2, 0], [2, 0], [2, 4], [-2, 4]] }]";
const LINE = "lines: [{ id: line, from: [-3, 2], to: [3, 2], in: left }]";
const YAML = replayConfig(
  [
    `id: gate, profile: generic-jsonl, port: /dev/gate, ${SET}`,
    `id: square, profile: generic-jsonl, port: /dev/square, sends: [present], ${SET}`,
    `id: walk, profile: generic-jsonl, port: /dev/walk, sends: [tracks], ${SET}, ${LINE}, ${ZONE}`,
  ],
  'override: "a test", occupancy: { windowSeconds: 60 }',
);

/** One window in which some names come, or none. */
async function window(rig: SenseRig, dice: Dice, names: readonly string[]): Promise<readonly ReadRecord[]> {
  const some = () => dice.below(4);
  for (const name of names) rig.send("gate", `${JSON.stringify({ in: some(), out: some(), class: name })}\n`);
  const present = Object.fromEntries(names.map((name) => [name, some()]));
  rig.send("square", `${JSON.stringify({ present })}\n`);
  for (const y of [1, 3]) {
    const tracks = names.map((name, at) => ({ id: at, x: at / 4 - 1, y, class: name }));
    rig.send("walk", `${JSON.stringify({ tracks })}\n`);
  }
  await rig.advance(60_000);
  return (await rig.take()).flatMap(({ records }) => records);
}

describe("a set of classes", () => {
  it("P11 P7 is whole in every window, in one order and of one length, whichever classes came", async () => {
    const dice = new Dice(11);
    const rig = new SenseRig(YAML, NOON, { lookMs: 10_000 });
    // The number of a message stands in its header, in the clear.
    const lengths = new Set<string>();
    rig.onNews = () => {
      for (const { message } of rig.core.sealing.unkept())
        lengths.add(`${message.jws.length} with a number of ${String(message.seq).length} digits`);
    };
    let numbers = 0;
    for (let at = 0; at < WINDOWS; at++) {
      const names = at % 3 === 0 ? [] : NAMES.filter(() => dice.below(2) === 1);
      const records = await window(rig, dice, names);
      expect(records.map(({ sensor }) => sensor)).toEqual(["gate", "square", "line", "zone"]);
      for (const { value, quality } of records) {
        expect([quality, Object.keys(value)]).toEqual(["ok", CLASSES]);
        numbers += byClass(value).length;
      }
    }
    expect(numbers).toBe(WINDOWS * 4 * CLASSES.length);
    expect(lengths.size).toBe(String(WINDOWS - 1).length);
    evidence(
      "P11",
      `${WINDOWS} windows of four records with ${CLASSES.length} classes, some or none of which came: every class in every record, messages of one length`,
    );
  });
});

/** The noise of each class, draw by draw. */
function noiseOf(output: Output, exact: number): number[][] {
  const counted = output.kind === "flow" ? { in: exact, out: exact } : { present: exact };
  const value = Object.fromEntries((output.classes ?? []).map((name) => [name, counted]));
  const noise = (output.classes ?? []).map((): number[] => []);
  for (let draw = 0; draw < DRAWS; draw++) {
    const record = release(windowOf(output, value as never), privacyOf(), systemRandom);
    for (const [at, [, numbers]] of byClass(record.value).entries())
      noise[at]?.push(
        ("in" in numbers ? (numbers.in ?? Number.NaN) : Number(Object.values(numbers)[0])) - exact,
      );
  }
  return noise;
}

describe("the noise of a class", () => {
  it.each([
    ["a flow", 1, { ...flowOutput, classes: ["bicycle", "person"] }],
    ["an occupancy", 1 / 3, { ...gaugeOutput, classes: ["bicycle", "person"] }],
  ] as const)(
    "P4 P12 of %s is its own: of the whole epsilon, and independent of the other class",
    (what, epsilon, output) => {
      const [bicycle = [], person = []] = noiseOf(output, 0);
      const variance = laplaceVariance(epsilon);
      for (const draws of [bicycle, person]) {
        expect(laplaceFit(draws, epsilon).p).toBeGreaterThan(ALPHA);
        expect(laplaceFit(draws, epsilon * 1.5).p).toBeLessThan(ALPHA);
        expect(laplaceFit(draws, epsilon / 1.5).p).toBeLessThan(ALPHA);
        expect(Math.abs(zOfSum(draws, variance))).toBeLessThan(Z_LIMIT);
      }
      const z = zOfCorrelation(bicycle, person, variance);
      expect(Math.abs(z)).toBeLessThan(Z_LIMIT);
      // One draw for both would be seen.
      expect(zOfCorrelation(bicycle, bicycle, variance)).toBeGreaterThan(Z_LIMIT);
      evidence(
        "P4",
        `Correlation of two classes of ${what}: z = ${z.toFixed(2)} over ${DRAWS} pairs, at most ${Z_LIMIT} allowed; p = ${pText(laplaceFit(person, epsilon).p)}`,
      );
    },
  );
});
