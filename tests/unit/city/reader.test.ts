import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { walk } from "../../../scripts/contract/examples.ts";
import { KEYS } from "../../../scripts/contract/vectors/forge.ts";
import { commissioning, walkRecord } from "../../../scripts/contract/vectors/walk-records.ts";
import { makeRegistry, type Registry } from "../../../src/city/keys.ts";
import { topicsOf } from "../../../src/city/topics-of.ts";
import { makeGatewayKey } from "../../../src/keys/make.ts";
import {
  EPOCH,
  EVENT,
  flow,
  GATEWAY,
  GRACE_MS,
  type Packet,
  receiveAll,
  SEALED,
  START_MS,
  STATUS,
  TestGateway,
  testReader,
} from "./fixtures.ts";

const gateway = new TestGateway();
const { registry } = gateway;
const one = async (seq: number) => [await gateway.seal({ seq })];

test("a message is handed on once with everything known of it, and its repetition is a duplicate", async () => {
  const reader = testReader(registry);
  const packets = await one(0);
  expect(await receiveAll(reader, [...packets, ...packets])).toEqual(["handled", "duplicate"]);
  expect(reader.records).toEqual([`${EPOCH}/0 blvd-noord-03 0`]);
  expect(reader.metas).toEqual([
    { gateway: GATEWAY, epoch: EPOCH, seq: 0, endMs: START_MS, receivedLate: false },
  ]);
  expect(reader.counts()).toEqual({ handled: 1, duplicate: 1, rejected: 0, ignored: 0 });
});

test("the same number with other bytes is rejected and alarmed, even when the windows say the same", async () => {
  const reader = testReader(registry);
  const [first] = await one(4);
  const [second] = await one(4);
  const results = await receiveAll(
    reader,
    [first, second].filter((packet) => packet !== undefined),
  );
  expect(results).toEqual(["handled", "same_number_other_bytes"]);
  expect(reader.alarms).toEqual([
    expect.objectContaining({ reason: "same_number_other_bytes", gateway: GATEWAY, epoch: EPOCH, seq: 4 }),
  ]);
  expect(reader.records).toHaveLength(1);
});

test("a window that comes again under another number is not handed on again", async () => {
  const reader = testReader(registry);
  const endMs = START_MS;
  const known = await gateway.seal({ seq: 0, endMs, records: [flow("a", 1)] });
  const again = await gateway.seal({ seq: 1, endMs, records: [flow("a", 1)] });
  const mixed = await gateway.seal({ seq: 2, endMs, records: [flow("a", 1), flow("b", 2)] });
  expect(await receiveAll(reader, [known, again, mixed])).toEqual(["handled", "duplicate", "handled"]);
  expect(reader.records).toEqual([`${EPOCH}/0 a 1`, `${EPOCH}/2 b 2`]);
});

test("a window that comes again with another value is an alarm, and nothing of that message is handed on", async () => {
  const reader = testReader(registry);
  const endMs = START_MS;
  const known = await gateway.seal({ seq: 0, endMs, records: [flow("a", 1)] });
  const other = await gateway.seal({ seq: 1, endMs, records: [flow("a", 2), flow("b", 1)] });
  const nextMinute = await gateway.seal({ seq: 2, endMs: endMs + 60_000, records: [flow("a", 2)] });
  const otherKind = await gateway.seal({ seq: 3, endMs, records: [flow("b", 5)] });
  const results = await receiveAll(reader, [known, other, nextMinute, otherKind]);
  expect(results).toEqual(["handled", "window_conflict", "handled", "handled"]);
  expect(reader.records).toEqual([`${EPOCH}/0 a 1`, `${EPOCH}/2 a 2`, `${EPOCH}/3 b 5`]);
  expect(reader.alarms).toEqual([expect.objectContaining({ reason: "window_conflict", seq: 1 })]);
});

test("what is rejected is neither marked nor acknowledged: the number stays missing", async () => {
  const reader = testReader(registry, { ack: true });
  const endMs = START_MS;
  const known = await gateway.seal({ seq: 0, endMs, records: [flow("a", 1)] });
  const other = await gateway.seal({ seq: 1, endMs, records: [flow("a", 2)] });
  await receiveAll(reader, [known, other, await gateway.seal({ seq: 2 })]);
  expect(reader.takeAcks().map(({ ack }) => ack.ranges)).toEqual([
    [
      [0, 0],
      [2, 2],
    ],
  ]);
  reader.clock.advance(GRACE_MS);
  await reader.tick();
  expect(reader.gaps).toContainEqual(
    expect.objectContaining({ declared: false, numbers: { epoch: EPOCH, ranges: [[1, 1]] } }),
  );
});

test("a handler that fails leaves no trace, so that the message can come again", async () => {
  let fail = true;
  const handled: number[] = [];
  const reader = testReader(registry, {
    ack: true,
    onWindow: (_windows, { seq }) => {
      if (fail) throw new Error("database is away");
      handled.push(seq);
    },
  });
  const [packet] = await one(0);
  if (!packet) throw new Error("no packet");
  await expect(reader.receive(packet.topic, packet.payload)).rejects.toThrow("database is away");
  expect(reader.takeAcks()).toEqual([]);
  fail = false;
  expect(await receiveAll(reader, [packet])).toEqual(["handled"]);
  expect(handled).toEqual([0]);
});

test("a gap that could not be told is told again, with the message that showed it", async () => {
  const told: string[] = [];
  let fail = true;
  const reader = testReader(registry, {
    onGap: (gap) => {
      if (fail) throw new Error("full");
      told.push(gap.type);
    },
  });
  const numbers = { epoch: EPOCH, ranges: [[0, 0]] as const };
  const packets = [gateway.event(0, { kind: "gap", reason: "stopped", numbers }), ...(await one(1))];
  await expect(receiveAll(reader, packets)).rejects.toThrow("full");
  fail = false;
  expect(await receiveAll(reader, packets)).toEqual(["duplicate", "handled"]);
  expect(told).toEqual(["gap"]);
});

test("a message that is delivered again while its handler runs is handled once", async () => {
  let started = 0;
  let finish = () => {};
  const reader = testReader(registry, {
    onWindow: () => {
      started++;
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    },
  });
  const [packet] = await one(0);
  if (!packet) throw new Error("no packet");
  const both = [reader.receive(SEALED, packet.payload), reader.receive(SEALED, packet.payload)];
  while (started === 0) await new Promise((resolve) => setImmediate(resolve));
  finish();
  expect((await Promise.all(both)).map(({ result }) => result)).toEqual(["handled", "duplicate"]);
  expect(started).toBe(1);
});

test("acknowledgements cover handled messages and duplicates, as ranges for each stream and epoch", async () => {
  const reader = testReader(registry, { ack: true });
  const sealed = await Promise.all([2, 0, 1, 5, 1].map((seq) => gateway.seal({ seq })));
  await receiveAll(reader, sealed.slice(0, 4));
  await receiveAll(reader, [gateway.event(9, { kind: "clock_step", fromMs: 0, toMs: 1 })]);
  expect(reader.acksWaiting()).toBe(5);
  const ranges = [
    [0, 2],
    [5, 5],
  ];
  expect(reader.takeAcks()).toEqual([
    { gateway: GATEWAY, ack: { stream: "sealed", epoch: EPOCH, ranges } },
    { gateway: GATEWAY, ack: { stream: "event", epoch: "0000000000000000", ranges: [[9, 9]] } },
  ]);
  await receiveAll(reader, sealed.slice(0, 1));
  expect(reader.takeAcks().map(({ ack }) => ack.ranges)).toEqual([[[2, 2]]]);
});

test("more than 256 ranges are acknowledged in several messages", async () => {
  const reader = testReader(registry, { ack: true });
  for (let seq = 0; seq < 600; seq += 2) {
    const { topic, payload } = gateway.event(seq, { kind: "clock_step", fromMs: 0, toMs: 1 });
    await reader.receive(topic, payload);
  }
  const acks = reader.takeAcks().map(({ ack }) => ack.ranges);
  expect(acks.map((ranges) => ranges.length)).toEqual([256, 44]);
  expect(new Set(acks.flat().map(([from]) => from)).size).toBe(300);
});

test("without the option nothing is acknowledged", async () => {
  const reader = testReader(registry);
  await receiveAll(reader, await one(0));
  expect(reader.takeAcks()).toEqual([]);
});

test("a message from the backlog is marked as received late", async () => {
  const reader = testReader(registry);
  await receiveAll(reader, [...(await one(5)), ...(await one(2)), ...(await one(6))]);
  expect(reader.metas.map(({ receivedLate }) => receivedLate)).toEqual([false, true, false]);
});

describe("events", () => {
  test("are handed on once; other bytes under their number are alarmed", async () => {
    const seen: string[] = [];
    const reader = testReader(registry, { onEvent: ({ kind }, { seq }) => void seen.push(`${seq} ${kind}`) });
    const step = gateway.event(3, { kind: "clock_step", fromMs: 0, toMs: 60_000 });
    const other = gateway.event(3, { kind: "clock_step", fromMs: 0, toMs: 120_000 });
    expect(await receiveAll(reader, [step, step, other])).toEqual([
      "handled",
      "duplicate",
      "same_number_other_bytes",
    ]);
    expect(seen).toEqual(["3 clock_step"]);
  });

  test("that declare a gap explain the hole, before or after it shows", async () => {
    const reader = testReader(registry);
    const gap = gateway.event(0, {
      kind: "gap",
      reason: "max_age",
      numbers: { epoch: EPOCH, ranges: [[1, 1]] },
      windows: [{ seconds: 60, fromMs: START_MS, toMs: START_MS + 60_000 }],
    });
    await receiveAll(reader, [...(await one(0)), gap, ...(await one(2))]);
    reader.clock.advance(10 * GRACE_MS);
    await reader.tick();
    expect(reader.gaps).toEqual([
      expect.objectContaining({
        declared: true,
        reason: "max_age",
        numbers: { epoch: EPOCH, ranges: [[1, 1]] },
      }),
      expect.objectContaining({ declared: true, reason: "max_age", windows: [expect.anything()] }),
    ]);
  });

  test("that end an epoch show what is missing behind the last message", async () => {
    const reader = testReader(registry);
    const fresh = "1111111111111111";
    const end = gateway.event(0, { kind: "epoch", new: fresh, previous: EPOCH, lastSeqKept: 2 });
    await receiveAll(reader, [...(await one(0)), end]);
    reader.clock.advance(GRACE_MS);
    await reader.tick();
    expect(reader.gaps).toEqual([
      expect.objectContaining({ declared: false, numbers: { epoch: EPOCH, ranges: [[1, 2]] } }),
    ]);
  });

  test("of a kind that only a later version knows are handed on whole, once, and acknowledged", async () => {
    const later: unknown[] = [];
    const reader = testReader(registry, { ack: true, onLaterEvent: (event) => void later.push(event) });
    const { payload } = gateway.event(0, { kind: "clock_step", fromMs: 0, toMs: 1 });
    const text = Buffer.from(payload).toString().replace("clock_step", "tide");
    const packet = { topic: EVENT, payload: Buffer.from(text) };
    expect(await receiveAll(reader, [packet, packet])).toEqual(["handled", "duplicate"]);
    expect(later).toEqual([JSON.parse(text)]);
    expect(reader.takeAcks()).toMatchObject([{ ack: { stream: "event", ranges: [[0, 0]] } }]);
  });

  test("in the name of another gateway are not believed", async () => {
    const reader = testReader(registry);
    const { payload } = gateway.event(0, { kind: "clock_step", fromMs: 0, toMs: 1 });
    const text = Buffer.from(payload).toString().replace('"gw07"', '"gw08"');
    expect(await receiveAll(reader, [{ topic: EVENT, payload: Buffer.from(text) }])).toEqual(["not_event"]);
  });
});

describe("status", () => {
  const run = { schema: "telpost/status/1", bootId: "b", connection: 3 };
  const birth = {
    ...{ ...run, state: "online", contract: "1.0", software: "telpost 0.1.0", configHash: "c" },
    about: null,
    outbox: { queued: 0, oldest: null },
  };
  const packet = (message: object): Packet => ({
    topic: STATUS,
    payload: Buffer.from(JSON.stringify(message)),
  });

  test("drops the repetition of a retained message, its being taken away, and the death of an older connection", async () => {
    const states: string[] = [];
    const reader = testReader(registry, { onStatus: ({ state }) => void states.push(state) });
    const death = { ...run, state: "offline", reason: "lost" };
    const results = await receiveAll(reader, [
      packet(birth),
      packet(birth),
      { topic: STATUS, payload: new Uint8Array(0) },
      packet({ ...death, connection: 2 }),
      packet({ ...death, bootId: "older" }),
      packet(death),
      packet({ state: "online" }),
    ]);
    expect(results).toEqual([
      "handled",
      "duplicate",
      "ignored",
      "ignored",
      "ignored",
      "handled",
      "not_status",
    ]);
    expect(states).toEqual(["online", "offline"]);
  });
});

describe("hostile input", () => {
  test("from gateways that are not registered is refused with alarms at a bounded rate", async () => {
    const reader = testReader(registry);
    const [packet] = await one(0);
    for (let at = 0; at < 500; at++) {
      await reader.receive(
        topicsOf(`denhaag/scheveningen/x${at}`).sealed,
        packet?.payload ?? Buffer.alloc(0),
      );
    }
    expect(reader.alarms).toHaveLength(10);
    expect(reader.counts().rejected).toBe(500);
    reader.clock.advance(10_000);
    await reader.receive(topicsOf("denhaag/scheveningen/x").sealed, Buffer.alloc(0));
    expect(reader.alarms.at(-1)).toEqual({
      reason: "unknown_gateway",
      gateway: "denhaag/scheveningen/x",
      suppressed: 490,
    });
  });

  test("sealed by a key that is not the gateway's is refused", async () => {
    const stranger = new TestGateway();
    Object.assign(stranger, { key: makeGatewayKey(), city: gateway.city });
    const reader = testReader(registry);
    expect(await receiveAll(reader, [await stranger.seal({ seq: 0 })])).toEqual(["unknown_signer"]);
  });

  test("that is too large is refused before it is looked at", async () => {
    const reader = testReader(registry);
    const payload = Buffer.alloc(201 * 1024, "a");
    expect(
      await receiveAll(
        reader,
        [SEALED, EVENT].map((topic) => ({ topic, payload })),
      ),
    ).toEqual(["too_large", "too_large"]);
  });

  test("of any kind ends in an outcome, never in a throw, and is never handed on", async () => {
    const [good] = await one(0);
    const text = Buffer.from(good?.payload ?? []).toString();
    const topic = fc.oneof(
      fc.constantFrom(SEALED, EVENT, STATUS, `telpost/v1/${GATEWAY}/health`, `telpost/v1/${GATEWAY}/ack`),
      fc.string(),
      fc.string().map((name) => `telpost/v1/${name}/sealed`),
    );
    const cut = fc
      .tuple(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 3 }))
      .map(([at, more]) => Buffer.from(text.slice(0, at) + more + text.slice(at + 1)))
      .filter((bytes) => bytes.toString() !== text);
    const payload = fc.oneof(fc.json().map(Buffer.from), fc.uint8Array({ maxLength: 200 }), cut);
    const reader = testReader(registry);
    await fc.assert(
      fc.asyncProperty(topic, payload, async (anyTopic, bytes) => {
        const { result } = await reader.receive(anyTopic, bytes);
        expect(["rejected", "ignored"]).toContain(result);
      }),
      { numRuns: 300 },
    );
    expect(reader.records).toEqual([]);
    expect(await receiveAll(reader, [{ topic: SEALED, payload: randomBytes(500) }])).toEqual(["not_jws"]);
  });
});

describe("any order and repetition", () => {
  const packets: Packet[] = [];
  beforeAll(async () => {
    for (const seq of [0, 1, 2, 4, 5, 8, 9]) packets.push(await gateway.seal({ seq }));
    const other = "1111111111111111";
    packets.push(await gateway.seal({ seq: 1, epoch: other, endMs: START_MS + 20 * 60_000 }));
    const numbers = { epoch: EPOCH, ranges: [[3, 3]] as const };
    packets.push(gateway.event(0, { kind: "gap", reason: "corrupt_rows", numbers }));
    packets.push(gateway.event(1, { kind: "epoch", new: other, previous: EPOCH, lastSeqKept: 11 }));
  });

  test("of a set of messages gives the same records and the same gaps", async () => {
    const final = async (order: readonly Packet[]) => {
      const reader = testReader(registry);
      await receiveAll(reader, order);
      reader.clock.advance(GRACE_MS);
      await reader.tick();
      const { numbers, windows } = reader.memory.gaps(GATEWAY) ?? {};
      const told = (tracks: typeof numbers) =>
        Object.entries(tracks ?? {})
          .map(([key, { told }]) => [key, told])
          .sort();
      return { records: reader.records.toSorted(), numbers: told(numbers), windows: told(windows) };
    };
    const expected = await final(packets);
    expect(expected.records).toHaveLength(8);
    const order = fc.tuple(
      fc.shuffledSubarray(packets, { minLength: packets.length }),
      fc.array(fc.constantFrom(...packets), { maxLength: 5 }),
    );
    await fc.assert(
      fc.asyncProperty(order, async ([shuffled, repeated]) => {
        expect(await final([...shuffled, ...repeated])).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });
});

test("an event whose walk record nobody signed that is known leaves no trace, and is judged anew with a key that came", async () => {
  let keys = [KEYS.gw07];
  const known = () => makeRegistry([{ gateway: GATEWAY, keys }], []);
  const newer: (typeof keys)[] = [];
  const learning: Registry = {
    get gateways() {
      return known().gateways;
    },
    ...{ revoked: new Set(), cityKeys: new Map() },
    refresh() {
      const next = newer.pop();
      keys = next ?? keys;
      return next !== undefined;
    },
  };
  const handed: string[] = [];
  const reader = testReader(learning, { ack: true, onEvent: ({ kind }) => void handed.push(kind) });
  const payload = Buffer.from(commissioning(walkRecord(walk, { signer: KEYS.gw07Next }), { seq: 3 }));
  const event = { topic: EVENT, payload };
  expect(await receiveAll(reader, [event, event])).toEqual(["not_walk_record", "not_walk_record"]);
  expect(reader.alarms[0]).toMatchObject({ reason: "not_walk_record", gateway: GATEWAY, seq: 3 });
  expect([handed, reader.takeAcks()]).toEqual([[], []]);
  newer.push([KEYS.gw07, KEYS.gw07Next]);
  expect(await receiveAll(reader, [event, event])).toEqual(["handled", "duplicate"]);
  expect(handed).toEqual(["commissioning"]);
});
