import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse.ts";
import { keySetEntry, makeCityKey, makeCityRoot, signKeySet } from "../../src/keys/make.ts";
import { usableKey, verifyKeySet } from "../../src/sense/guard/city-keys.ts";
import { NOON, SenseRig } from "../kit/core.ts";
import { EXACT, replayConfig } from "../kit/replayed.ts";
import { evidence } from "./evidence.ts";

/** P13: windows are long, aligned, and never overlap. */

const GATE = "id: gate, profile: generic-jsonl, port: /dev/gate";
const DOOR = "id: door, profile: generic-jsonl, port: /dev/door";

const problemsOf = (privacy: string) => {
  const parsed = parseConfig(replayConfig([GATE], privacy));
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`);
};

describe("P13 the length of a window", () => {
  it("P13 of 5 seconds is refused without profile lab, with a clear line", () => {
    for (const kind of ["flow", "occupancy"]) {
      expect(problemsOf(`${kind}: { windowSeconds: 5 }`)).toEqual([
        `privacy.${kind}.windowSeconds: 5 s is too short; at least 60 s, or profile: lab for trials`,
      ]);
    }
    expect(problemsOf("flow: { windowSeconds: 59 }").join()).toContain("must divide a day");
    expect(problemsOf("flow: { windowSeconds: 60 }")).toEqual([]);
    evidence(
      "P13",
      "A window of 5 s without profile lab is refused: 5 s is too short; at least 60 s, or profile: lab for trials",
    );
  });

  it("P13 in profile lab marks every record", async () => {
    const rig = new SenseRig(replayConfig([GATE, DOOR], "profile: lab, flow: { windowSeconds: 5 }"));
    await rig.advance(20_000);
    const records = (await rig.opened()).flatMap((message) => message.records);
    expect(records).toHaveLength(8);
    expect(records.every(({ flags = [] }) => flags.includes("lab"))).toBe(true);
  });

  it("P13 in profile lab is sealed to lab keys only", async () => {
    const root = makeCityRoot();
    const validity = { fromMs: NOON - 1000, untilMs: NOON + 1000 };
    const [street, lab] = [makeCityKey(), makeCityKey()].map((key, index) =>
      keySetEntry(key, { ...validity, lab: index === 1 }),
    );
    const keys = [street, lab].filter((key) => key !== undefined);
    const set = await verifyKeySet(await signKeySet({ version: 1, keys }, root), root.publicJwk);
    const question = { nowMs: NOON, synced: true };
    expect(usableKey(set, { ...question, profile: "lab" })?.kid).toBe(lab?.kid);
    expect(usableKey(set, { ...question, profile: "street" })?.kid).toBe(street?.kid);
  });
});

describe("P13 windows", () => {
  it("P13 are aligned, and never overlap, whatever the lengths", async () => {
    const rig = new SenseRig(replayConfig([GATE], "flow: { windowSeconds: 900 }"), NOON + 123_456);
    await rig.advance(4 * 900_000);
    const ends = (await rig.opened()).map(({ end }) => Date.parse(end));
    expect(ends.map((end) => end % 900_000)).toEqual([0, 0, 0, 0]);
    expect(ends.slice(1).map((end, index) => end - (ends[index] ?? 0))).toEqual([900_000, 900_000, 900_000]);
  });

  it.each([
    ["another length", replayConfig([GATE], `${EXACT}, flow: { windowSeconds: 300 }`), 300],
    ["another sensor", replayConfig([GATE, DOOR], EXACT), 60],
    ["another epsilon", replayConfig([GATE], `${EXACT}, flow: { epsilon: "1/2" }`), 60],
  ])(
    "P13 are closed short by %s, go on at the next boundary, and declare the seconds between",
    async (_, yaml, seconds) => {
      const rig = new SenseRig(replayConfig([GATE], EXACT));
      rig.send("gate", '{"in":2}\n');
      await rig.advance(15_000);
      rig.kill();
      rig.clock.advance(5_000);
      rig.start(yaml);
      rig.send("gate", '{"in":7}\n');
      await rig.advance(600_000);
      const gate = (await rig.opened()).flatMap(({ end, records }) =>
        records
          .filter(({ sensor }) => sensor === "gate")
          .map((record) => ({ end: Date.parse(end), ...record })),
      );
      expect(gate[0]).toMatchObject({
        end: NOON + 60_000,
        quality: "partial",
        covered: 15,
        value: { in: 2, out: 0 },
      });
      const next = gate[1];
      expect((next?.end ?? 0) - (next?.seconds ?? 0) * 1000).toBeGreaterThanOrEqual(NOON + 60_000);
      expect(next).toMatchObject({ seconds, value: { in: 0, out: 0 } });
      expect(rig.core.events.unkept()[0]?.event).toMatchObject({ kind: "gap", reason: "config" });
    },
  );
});
