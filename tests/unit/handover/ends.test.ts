import { statSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aWhile } from "../../kit/until.ts";
import { ABOUT, count, EPOCH, HandoverRig, KEY_SET, NOON, SENSE_HELLO, unkeptOf } from "./rig.ts";

let rig: HandoverRig;
beforeEach(() => {
  rig = new HandoverRig();
});
afterEach(() => rig.dispose());

const allKept = () => rig.until(() => rig.sense.waiting.length === 0, "everything is kept");
const everyNumber = (length: number) => Array.from({ length }, (_, seq) => [seq, unkeptOf(seq).message.jws]);

it("hands over when forward starts first", async () => {
  await rig.startForward();
  rig.sense.seal(3);
  rig.startSense();
  await allKept();
  expect(rig.forward.kept).toEqual(everyNumber(3));
  expect(rig.sense.told).toEqual(["kept 0", "kept 1", "kept 2"]);
  await rig.until(() => rig.forward.told.length === 2, "sensor states come");
  expect(rig.forward.told).toEqual(["hello", "sensors gate"]);
});

it("tells forward each time whether the clock is set, because forward may not ask the kernel", async () => {
  await rig.startForward();
  const sense = rig.startSense();
  await rig.until(() => rig.forward.told.length === 2, "sensor states come");
  rig.sense.synced = true;
  sense.sendSensors();
  await rig.until(() => rig.forward.told.length === 3, "they come again");
  expect(rig.forward.told.slice(1)).toEqual(["sensors gate", "sensors gate, the clock is set"]);
});

it("hands over when sense starts first and finds no socket for long", async () => {
  rig.sense.seal(3);
  const sense = rig.startSense();
  await rig.until(() => rig.clock.monotonic() > 60_000, "a minute passes", 500);
  expect(sense.connected).toBe(false);
  await rig.startForward();
  await allKept();
  expect(rig.forward.kept).toEqual(everyNumber(3));
});

it("asks for an absent forward at a pace: at most once in five seconds after a while", async () => {
  rig.startSense();
  const { after } = rig.clock;
  let tries = 0;
  rig.clock.after = (name, ms, fn) => {
    if (name === "handover reconnect") tries += 1;
    return after.call(rig.clock, name, ms, fn);
  };
  await rig.until(() => rig.clock.monotonic() > 300_000, "five minutes pass", 500);
  expect(tries).toBeGreaterThan(20);
  expect(tries).toBeLessThan(75);
});

it("offers events and messages, each once, at most 32 of each on their way", async () => {
  rig.sense.seal(100);
  const event = { kind: "clock_step" as const, fromMs: NOON, toMs: NOON + 5_000 };
  for (let number = 0; number < 100; number++)
    rig.sense.events.push({ epoch: EPOCH, number, atMs: NOON, event });
  rig.forward.failing = true;
  await rig.startForward();
  rig.startSense();
  await rig.until(() => rig.forward.offers >= 64, "offers wait for a commit");
  await aWhile();
  const first = rig.forward.offers;
  await aWhile();
  expect([first, rig.forward.offers]).toEqual([64, 64]);
  rig.forward.failing = false;
  await rig.until(() => rig.sense.waiting.length + rig.sense.events.length === 0, "everything is kept");
  expect(rig.forward.kept).toEqual(everyNumber(100));
  expect(rig.forward.events).toEqual(Array.from({ length: 100 }, (_, number) => number));
});

it("forgets nothing when forward dies before its answer, and offers the same bytes to the next one", async () => {
  const dying = await rig.startForward();
  rig.forward.failing = true;
  rig.sense.seal(5);
  const sense = rig.startSense();
  await rig.until(() => rig.forward.offers >= 5, "offers came");
  await dying.stop();
  await rig.until(() => !sense.connected, "sense notices");
  expect(rig.sense.waiting).toHaveLength(5);
  rig.forward.failing = false;
  await rig.startForward();
  await allKept();
  expect(rig.forward.kept).toEqual(everyNumber(5));
  expect(rig.senseLog.map(([event]) => event)).toEqual([
    "handover.connected",
    "handover.lost",
    "handover.connected",
  ]);
});

it("takes a message twice when its answer was lost, and sense forgets it at the second", async () => {
  const dying = await rig.startForward();
  const { keep } = rig.forward;
  rig.forward.keep = (items) => {
    const outcomes = keep.call(rig.forward, items);
    // Committed, and dead before the answer left.
    if (rig.forward.kept.length === 1) void dying.stop();
    return outcomes;
  };
  rig.sense.seal(1);
  rig.startSense();
  await rig.until(() => rig.forward.told.includes("gone"), "forward died");
  await rig.startForward();
  await allKept();
  expect(rig.forward.kept).toEqual([...everyNumber(1), ...everyNumber(1)]);
  expect(rig.sense.told).toEqual(["kept 0"]);
});

it("goes on when sense dies without a goodbye and comes back: the new connection wins", async () => {
  await rig.startForward();
  const dead = await rig.dial();
  dead.say(SENSE_HELLO);
  await rig.until(() => dead.heard.length === 1, "hello is answered");
  rig.sense.seal(2);
  rig.startSense();
  await allKept();
  expect(rig.forward.told.slice(0, 3)).toEqual(["hello", "gone", "hello"]);
  await rig.until(() => dead.closed, "the dead one is hung up on");
});

it("hears a clean stop as such, and a death only as gone", async () => {
  await rig.startForward();
  const sense = rig.startSense();
  await rig.until(() => sense.connected, "connected");
  await sense.stop();
  await rig.until(() => rig.forward.told.includes("gone"), "gone");
  expect(rig.forward.told).toEqual(["hello", "sensors gate", "stopping", "gone"]);
});

it("loses nothing when commits fail: it tries again each second, says so once, and recovers", async () => {
  await rig.startForward();
  rig.forward.failing = true;
  rig.sense.seal(3);
  rig.startSense();
  await rig.until(() => rig.forward.offers >= 30, "ten tries");
  expect(rig.sense.waiting).toHaveLength(3);
  expect(count(rig.forwardLog, "outbox.write_failed")).toBe(1);
  rig.forward.failing = false;
  await allKept();
  expect(rig.forward.kept).toEqual(everyNumber(3));
  expect(rig.forwardLog.map(([event]) => event).slice(-2)).toEqual([
    "outbox.write_failed",
    "outbox.recovered",
  ]);
});

it("does not call its own broken storage a hostile sense: it hangs up and answers the next hello when it can", async () => {
  const forward = await rig.startForward();
  rig.forward.failingHello = true;
  rig.sense.seal(1);
  rig.startSense();
  await rig.until(() => forward.failing, "the hello fails");
  await rig.until(() => rig.clock.monotonic() > 10_000, "some tries");
  expect(rig.forwardLog).toEqual([["outbox.write_failed", "outbox.unusable"]]);
  rig.forward.failingHello = false;
  await allKept();
  expect(forward.failing).toBe(false);
});

it("drops what forward refuses, and tells why", async () => {
  await rig.startForward();
  rig.forward.outcome = "window_not_later";
  rig.sense.seal(1);
  rig.startSense();
  await allKept();
  expect(rig.sense.told).toEqual(["refused 0 window_not_later"]);
  expect(count(rig.forwardLog, "handover.refused")).toBe(1);
});

it("carries the largest message and a key set", async () => {
  const forward = await rig.startForward();
  rig.sense.seal(2, 200 * 1024 - 20);
  const sense = rig.startSense();
  await allKept();
  expect(sense.connected).toBe(true);
  const largest = `key.set.${"x".repeat(64 * 1024 - 8)}`;
  forward.sendKeys(largest);
  await rig.until(() => rig.sense.offered.length === 1, "keys come");
  expect(rig.sense.offered).toEqual([[largest, "topic"]]);
});

describe("a city key set", () => {
  it("in use is given to forward to keep when that has another or none, and judged when it comes back", async () => {
    await rig.startForward();
    const sense = rig.startSense();
    await rig.until(() => rig.forward.keys.length === 1, "forward has it");
    expect(rig.forward.keys).toEqual([KEY_SET]);
    await sense.stop();
    rig.startSense();
    await rig.until(() => rig.sense.offered.length === 1, "it comes back");
    expect(rig.sense.offered).toEqual([[KEY_SET, "memory"]]);
    await rig.until(() => count(rig.forwardLog, "handover.connected") === 2, "connected again");
    expect(rig.forward.keys).toEqual([KEY_SET]);
  });

  it("that came while sense was away is passed on behind the hello, and kept once sense uses it", async () => {
    await rig.startForward();
    rig.forward.latest = "key.set.newer";
    rig.startSense();
    await rig.until(() => rig.forward.keys.includes("key.set.newer"), "it is kept");
    expect(rig.sense.offered).toContainEqual(["key.set.newer", "topic"]);
  });
});

it("tells forward what sense says about itself when that changes, and only then", async () => {
  await rig.startForward();
  const sense = rig.startSense();
  await rig.until(() => rig.forward.keys.length === 1, "connected");
  sense.sendAbout();
  rig.sense.present = { ...ABOUT, cityKid: "c".repeat(43) };
  for (let times = 0; times < 3; times++) sense.sendAbout();
  await rig.until(() => rig.forward.told.some((what) => what.startsWith("about")), "it is told");
  sense.sendSensors();
  await rig.until(() => rig.forward.told.at(-1)?.startsWith("sensors") ?? false, "nothing behind it");
  expect(rig.forward.told.filter((what) => what.startsWith("about"))).toEqual([`about ${"c".repeat(43)}`]);
});

it("refuses a second forward on a living socket, which goes on serving", async () => {
  await rig.startForward();
  await expect(rig.startForward()).rejects.toMatchObject({ code: "handover.in_use" });
  rig.sense.seal(1);
  rig.startSense();
  await allKept();
});

it("makes a socket for owner and group only", async () => {
  await rig.startForward();
  expect(statSync(rig.path).mode & 0o777).toBe(0o660);
});

describe("a restart that the city asks for", () => {
  it("reaches sense once, and forward waits until it is gone", async () => {
    const end = await rig.startForward();
    const sense = rig.startSense();
    await rig.until(() => end.connected && sense.connected, "they have met");
    let waited = false;
    const waiting = end.restart().then(() => {
      waited = true;
    });
    await rig.until(() => rig.sense.restarts === 1, "sense is told");
    expect(waited).toBe(false);
    const stopped = sense.stop();
    await rig.until(() => waited, "forward goes on");
    await Promise.all([waiting, stopped]);
    expect(rig.forward.told.slice(-2)).toEqual(["stopping", "gone"]);
    expect(rig.sense.restarts).toBe(1);
  });

  it("is not waited for longer than a clean stop takes, when sense does not go", async () => {
    const end = await rig.startForward();
    const sense = rig.startSense();
    await rig.until(() => end.connected && sense.connected, "they have met");
    const sinceMs = rig.clock.monotonic();
    let waited = false;
    void end.restart().then(() => {
      waited = true;
    });
    await rig.until(() => waited, "forward goes on");
    expect(rig.clock.monotonic() - sinceMs).toBeGreaterThanOrEqual(12_000);
    expect(sense.connected).toBe(true);
  });

  it("is not sent to a sense that does not know the message, nor to one that has not said hello", async () => {
    const end = await rig.startForward();
    await end.restart();
    const old = await rig.dial();
    old.say(SENSE_HELLO);
    await rig.until(() => end.connected, "the old one has said hello");
    await end.restart();
    await aWhile();
    expect(old.heard.map(({ type }) => type)).toEqual(["hello"]);
  });
});
