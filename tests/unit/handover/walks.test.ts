import { afterEach, beforeEach, expect, it } from "vitest";
import { HandoverRig, NOON } from "./rig.ts";

/** The question whether a walk test may begin, over the real socket. */

const EVENT = {
  kind: "walk_test" as const,
  sensor: "gate",
  line: "gate",
  operator: "A. Engineer",
  reason: "test",
  untilMs: NOON + 900_000,
};

let rig: HandoverRig;
beforeEach(() => {
  rig = new HandoverRig();
});
afterEach(() => rig.dispose());

it("is answered by forward, which tells how many there were", async () => {
  await rig.startForward();
  const sense = rig.startSense();
  await rig.until(() => rig.sense.walks === 0, "forward tells of none");
  expect(await sense.askWalk(NOON, EVENT)).toBe("granted");
  expect(await sense.askWalk(NOON, EVENT)).toBe("too_soon");
  expect([rig.forward.walks, rig.sense.walks]).toEqual([["gate"], 1]);
});

it("is answered with no while the outbox cannot be written", async () => {
  await rig.startForward();
  const sense = rig.startSense();
  await rig.until(() => sense.connected, "connected");
  rig.forward.failing = true;
  expect(await sense.askWalk(NOON, EVENT)).toBe("not_kept");
  expect(rig.forward.walks).toEqual([]);
});

it("is answered with no when forward is not there, or dies before it answers", async () => {
  const sense = rig.startSense();
  expect(await sense.askWalk(NOON, EVENT)).toBe("absent");
  const forward = await rig.startForward();
  await rig.until(() => sense.connected, "connected");
  const stopped = forward.stop();
  expect(await sense.askWalk(NOON, EVENT)).toBe("absent");
  await stopped;
});
