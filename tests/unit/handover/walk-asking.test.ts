import { expect, it } from "vitest";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { WALKS_SINCE_MINOR } from "../../../src/handover/protocol.ts";
import { WalkAsking } from "../../../src/handover/walk-asking.ts";

const STALL_MS = 10_000;

it("gives no later question the answer to one that was given up", async () => {
  const clock = new VirtualClock(0, 0);
  const asking = new WalkAsking(clock);
  asking.heard(WALKS_SINCE_MINOR);
  const first = asking.ask(() => {});
  clock.advance(STALL_MS);
  expect(await first).toBe("absent");
  const second = asking.ask(() => {});
  asking.answer("granted");
  asking.answer("too_soon");
  expect(await second).toBe("too_soon");
});

it("expects no answer of a connection that has gone", async () => {
  const clock = new VirtualClock(0, 0);
  const asking = new WalkAsking(clock);
  asking.heard(WALKS_SINCE_MINOR);
  const first = asking.ask(() => {});
  clock.advance(STALL_MS);
  asking.lost();
  expect(await first).toBe("absent");
  asking.heard(WALKS_SINCE_MINOR);
  const second = asking.ask(() => {});
  asking.answer("granted");
  expect(await second).toBe("granted");
});
