import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { WALK_TEST_APART_MS, type WalkUse } from "../../../src/contract/walk-limits.ts";
import { openOutbox } from "../../../src/forward/outbox/outbox.ts";
import type { GatewayEvent } from "../../../src/model.ts";
import { codeOf, eventBodies, offers, optionsFor, T0, tempFolder } from "../../kit/outbox.ts";

const HOUR = 3_600_000;
const EVENT: GatewayEvent = {
  kind: "walk_test",
  sensor: "gate",
  line: "gate",
  operator: "A. Engineer",
  reason: "test",
  untilMs: T0,
};

/** A use so long after the first; both clocks go on together unless said otherwise. */
const at = (ms: number, other: Partial<WalkUse> = {}): WalkUse => ({
  atMs: T0 + ms,
  monotonicMs: 1_000_000 + ms,
  bootId: "one",
  ...other,
});

function open(file: string) {
  const outbox = openOutbox(optionsFor(file));
  onTestFinished(() => outbox.close());
  return outbox;
}

test("a walk test is counted and its event kept together, four times in 24 hours and 30 minutes apart", () => {
  const outbox = open(join(tempFolder(), "outbox.db"));
  const tries = [
    0,
    WALK_TEST_APART_MS - 1,
    WALK_TEST_APART_MS,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    24 * HOUR - 1,
    24 * HOUR,
  ];
  expect(tries.map((ms) => outbox.beginWalkTest(at(ms), EVENT))).toEqual([
    "granted",
    "too_soon",
    ...["granted", "granted", "granted"],
    "too_many",
    "too_many",
    "granted",
  ]);
  expect(outbox.walkTests()).toBe(5);
  expect(eventBodies(outbox)).toHaveLength(5);
  expect(outbox.stats().queued).toBe(5);
});

test("what is counted outlives the process, its rows and a salvage of the file", () => {
  const file = join(tempFolder(), "outbox.db");
  const first = openOutbox(optionsFor(file));
  first.append(offers(20), T0);
  first.beginWalkTest(at(0), EVENT);
  for (const { id } of first.lease({ afterId: 0, upToId: 1000, limit: 1000 })) first.settle(id, "accepted");
  first.close();
  const second = openOutbox(optionsFor(file));
  expect(second.stats().queued).toBe(0);
  expect(second.beginWalkTest(at(1), EVENT)).toBe("too_soon");
  second.close();
  // The first bytes of the file are wrong: it is salvaged.
  const bytes = readFileSync(file);
  bytes.fill(0, 0, 16);
  writeFileSync(file, bytes);
  const third = open(file);
  expect([third.walkTests(), third.beginWalkTest(at(2), EVENT)]).toEqual([1, "too_soon"]);
});

test("stepping the wall clock frees nothing within a boot, nor does setting it back before the next", () => {
  const outbox = open(join(tempFolder(), "outbox.db"));
  outbox.beginWalkTest(at(0), EVENT);
  expect(outbox.beginWalkTest(at(1, { atMs: T0 + 400 * HOUR }), EVENT)).toBe("too_soon");
  const nextBoot = { bootId: "two", monotonicMs: 5_000 };
  expect(outbox.beginWalkTest(at(-60_000, nextBoot), EVENT)).toBe("too_soon");
  expect(outbox.beginWalkTest(at(HOUR, nextBoot), EVENT)).toBe("granted");
});

test("a walk test that cannot be written is not counted, and says so", () => {
  const file = join(tempFolder(), "outbox.db");
  const outbox = open(file);
  const other = new Database(file);
  other.exec("BEGIN IMMEDIATE");
  expect(codeOf(() => outbox.beginWalkTest(at(0), EVENT))).toBe("outbox.locked");
  other.close();
  expect([outbox.walkTests(), outbox.stats().queued]).toEqual([0, 0]);
  expect(outbox.beginWalkTest(at(1), EVENT)).toBe("granted");
});

test("a board that wakes in an earlier year grants no other walk test, and forgets none", () => {
  const outbox = open(join(tempFolder(), "outbox.db"));
  expect(outbox.beginWalkTest(at(0), EVENT)).toBe("granted");
  const woken = { atMs: 0, monotonicMs: 1_000, bootId: "two" };
  expect(outbox.beginWalkTest(at(HOUR, woken), EVENT)).toBe("too_soon");
  expect(outbox.beginWalkTest(at(WALK_TEST_APART_MS - 1, { bootId: "two" }), EVENT)).toBe("too_soon");
  expect(outbox.walkTests()).toBe(1);
});
