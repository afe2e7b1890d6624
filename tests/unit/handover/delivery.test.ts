import { afterEach, beforeEach, expect, it } from "vitest";
import { HandoverRig, SENSE_HELLO } from "./rig.ts";

/** How delivery goes, told by forward over the real socket. */

let rig: HandoverRig;
beforeEach(() => {
  rig = new HandoverRig();
});
afterEach(() => rig.dispose());

it("is told in one word, as often as forward says it", async () => {
  const forward = await rig.startForward();
  const sense = rig.startSense();
  forward.sendDelivery("ok");
  await rig.until(() => sense.connected, "connected");
  for (const state of ["broker", "broker", "backlog"] as const) forward.sendDelivery(state);
  await rig.until(() => rig.sense.deliveries.length === 3, "all are told, and none before the hello");
  expect(rig.sense.deliveries).toEqual(["broker", "broker", "backlog"]);
});

it("is not told to a sense that is too old to know the message", async () => {
  const forward = await rig.startForward();
  const peer = await rig.dial();
  peer.say({ ...SENSE_HELLO, version: { major: 1, minor: 3 } });
  await rig.until(() => peer.heard.some(({ type }) => type === "walks"), "greeted");
  forward.sendDelivery("ok");
  forward.sendKeys("a.b.c");
  await rig.until(() => peer.heard.some(({ type }) => type === "keys"), "something later is heard");
  expect(peer.heard.map(({ type }) => type)).not.toContain("delivery");
});
