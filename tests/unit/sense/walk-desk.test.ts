import { expect, it } from "vitest";
import { silentLog } from "../../../src/base/log.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { LineTaps } from "../../../src/sense/line-taps.ts";
import { WalkDesk } from "../../../src/sense/walk-desk.ts";
import { recordOf } from "../../../src/sense/walk-record.ts";
import type { WalkFacts } from "../../../src/sense/walk-tap.ts";
import { NOON, SenseRig } from "../../kit/core.ts";
import { shippedProfiles } from "../../kit/devices.ts";
import { EXACT, replayConfig } from "../../kit/replayed.ts";

const WINDOW_MS = 60_000;
const YAML = replayConfig(["id: gate, profile: generic-jsonl, port: /dev/gate"], EXACT);

/** Nobody asks at it: it is there to tell what was interrupted. */
const deskOf = ({ core, clock, bootId }: SenseRig, sign: (facts: WalkFacts) => void = () => {}) =>
  new WalkDesk({
    ...{ core, clock, bootId, log: silentLog, taps: new LineTaps() },
    ask: async () => "absent",
    sign: async (facts) => {
      sign(facts);
      return "a.b.c";
    },
  });

it("marks the window that had just opened when the process died in a walk test", async () => {
  const rig = new SenseRig(YAML);
  const [feed] = rig.core.feeds;
  if (!feed) throw new Error("no sensor");
  const facts = { sensor: "gate", line: "gate", operator: "A. Engineer", reason: "test" };
  rig.core.walk.begin({ ...facts, beganMs: rig.clock.realtime() }, feed.sensor, { ready() {}, seen() {} });
  rig.core.markUnderTest();
  await rig.advance(WINDOW_MS - 1);
  // These bytes end the window, before the timer that would look at the sensor.
  rig.lines.get("gate")?.feedBytes(Buffer.from('{"in":3}\n'), rig.clock.monotonic() + 1);
  rig.kill();
  rig.start(YAML);
  await deskOf(rig).tellInterrupted();
  await rig.advance(WINDOW_MS + 1);
  const records = (await rig.opened()).map((one) => one.records[0]);
  expect(records.at(-1)).toMatchObject({ value: { in: 3 }, flags: expect.arrayContaining(["calibration"]) });
  expect(rig.core.walk.facts).toBe(null);
  await rig.advance(WINDOW_MS);
  expect((await rig.opened()).at(-1)?.records[0]?.flags ?? []).not.toContain("calibration");
});

it.each([true, false, undefined])(
  "signs after its death whether bytes were shown (%s), as far as the crash copy says",
  async (bytes) => {
    const rig = new SenseRig(YAML);
    const [feed] = rig.core.feeds;
    if (!feed) throw new Error("no sensor");
    const facts = { sensor: "gate", line: "gate", operator: "A. Engineer", reason: "test", beganMs: NOON };
    const told = bytes === undefined ? facts : { ...facts, bytes };
    rig.core.walk.begin(told, feed.sensor, { ready() {}, seen() {} });
    rig.core.markUnderTest();
    rig.kill();
    rig.start(YAML);
    const signed: WalkFacts[] = [];
    await deskOf(rig, (about) => signed.push(about)).tellInterrupted();
    const outcome = { how: "restarted", walked: null, verdict: [], endedMs: NOON } as const;
    const parsed = parseConfig(YAML, shippedProfiles());
    if (!parsed.ok) throw new Error("the configuration is wrong");
    const records = signed.map((about) =>
      recordOf({ config: parsed.value, configHash: "c" }, about, outcome),
    );
    expect(records.map((record) => record.bytes)).toEqual([bytes]);
    expect(records.map((record) => "bytes" in record)).toEqual([bytes !== undefined]);
  },
);
