import { expect, it } from "vitest";
import { silentLog } from "../../../src/base/log.ts";
import { LineTaps } from "../../../src/sense/line-taps.ts";
import { WalkDesk } from "../../../src/sense/walk-desk.ts";
import { SenseRig } from "../../kit/core.ts";
import { EXACT, replayConfig } from "../../kit/replayed.ts";

const WINDOW_MS = 60_000;
const YAML = replayConfig(["id: gate, profile: generic-jsonl, port: /dev/gate"], EXACT);

/** Nobody asks at it: it is there to tell what was interrupted. */
const deskOf = ({ core, clock, bootId }: SenseRig) =>
  new WalkDesk({
    ...{ core, clock, bootId, log: silentLog, taps: new LineTaps() },
    ask: async () => "absent",
    sign: async () => "a.b.c",
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
