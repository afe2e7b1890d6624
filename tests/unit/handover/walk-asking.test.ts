import { expect, it } from "vitest";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { WALK_BYTES_SINCE_MINOR, WALKS_SINCE_MINOR, type WalkTest } from "../../../src/handover/protocol.ts";
import { WalkAsking } from "../../../src/handover/walk-asking.ts";

const STALL_MS = 10_000;
const TEST: WalkTest = {
  kind: "walk_test",
  ...{ sensor: "gate", line: "gate", operator: "A. Engineer", reason: "test" },
  untilMs: 900_000,
};

it("gives no later question the answer to one that was given up", async () => {
  const clock = new VirtualClock(0, 0);
  const asking = new WalkAsking(clock);
  asking.heard(WALKS_SINCE_MINOR);
  const first = asking.ask(TEST, () => {});
  clock.advance(STALL_MS);
  expect(await first).toBe("absent");
  const second = asking.ask(TEST, () => {});
  asking.answer("granted");
  asking.answer("too_soon");
  expect(await second).toBe("too_soon");
});

it("expects no answer of a connection that has gone", async () => {
  const clock = new VirtualClock(0, 0);
  const asking = new WalkAsking(clock);
  asking.heard(WALKS_SINCE_MINOR);
  const first = asking.ask(TEST, () => {});
  clock.advance(STALL_MS);
  asking.lost();
  expect(await first).toBe("absent");
  asking.heard(WALKS_SINCE_MINOR);
  const second = asking.ask(TEST, () => {});
  asking.answer("granted");
  expect(await second).toBe("granted");
});

it("tells an older forward nothing that it does not know, and begins nothing there that it could not tell of", async () => {
  const asking = new WalkAsking(new VirtualClock(0, 0));
  const understoodBy = async (minor: number, event: WalkTest) => {
    let understood: WalkTest | undefined;
    asking.heard(minor);
    const reply = asking.ask(event, (sent) => {
      understood = sent;
    });
    asking.answer("granted");
    return (await reply) === "granted" ? understood : "absent";
  };
  const [shown, hidden] = [
    { ...TEST, bytes: true },
    { ...TEST, bytes: false },
  ];
  expect(await understoodBy(WALK_BYTES_SINCE_MINOR, shown)).toEqual(shown);
  expect(await understoodBy(WALK_BYTES_SINCE_MINOR, hidden)).toEqual(hidden);
  expect(await understoodBy(WALK_BYTES_SINCE_MINOR - 1, hidden)).toEqual(TEST);
  expect(await understoodBy(WALK_BYTES_SINCE_MINOR - 1, shown)).toBe("absent");
  expect(await understoodBy(WALKS_SINCE_MINOR - 1, TEST)).toBe("absent");
});
