import { expect, test } from "vitest";
import { silentLog } from "../../../src/base/log.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { forgetRegularly } from "../../../src/city/forget.ts";
import { noGaps } from "../../../src/city/gaps.ts";
import { VolatileMemory } from "../../../src/city/memory.ts";
import { EPOCH, GATEWAY, receiveAll, START_MS, TestGateway, testReader } from "./fixtures.ts";

const DAY_MS = 86_400_000;

test("marks are forgotten after 400 days, within the hour", () => {
  const clock = new VirtualClock(START_MS);
  const memory = new VolatileMemory();
  const key = { stream: "sealed", gateway: GATEWAY, epoch: EPOCH, seq: 1 } as const;
  memory.remember(GATEWAY, { ...key, endMs: 0, markedMs: START_MS, hash: "a", windows: [] }, noGaps);
  const stop = forgetRegularly(memory, { clock, log: silentLog });
  clock.advance(400 * DAY_MS);
  expect(memory.hashOf(key)).toBe("a");
  clock.advance(3_600_000);
  expect(memory.hashOf(key)).toBeNull();
  stop();
  expect(clock.nextDue()).toBeUndefined();
});

test("a message whose mark was forgotten is still a duplicate: its number was handled", async () => {
  const gateway = new TestGateway();
  const reader = testReader(gateway.registry);
  const packet = await gateway.seal({ seq: 0 });
  await receiveAll(reader, [packet]);
  reader.memory.forgetBefore(START_MS + 500 * DAY_MS);
  expect(await receiveAll(reader, [packet])).toEqual(["duplicate"]);
  expect(reader.records).toHaveLength(1);
});
