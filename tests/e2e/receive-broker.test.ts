import { once } from "node:events";
import { createServer } from "node:net";
import { Aedes } from "aedes";
import type { MqttClient } from "mqtt";
import { afterEach, describe, expect, test } from "vitest";
import { SystemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { Republisher } from "../../src/city/republish.ts";
import { topicsOf } from "../../src/city/topics-of.ts";
import { type Ack, readAck } from "../../src/contract/ack.ts";
import { startPlainMosquitto } from "../kit/mosquitto.ts";
import { describeWith } from "../kit/programs.ts";
import { startScriptedBroker } from "../kit/scripted-broker.ts";
import { aWhile, until } from "../kit/until.ts";
import { EPOCH, START_MS } from "../unit/city/fixtures.ts";
import { connectPlain, Ends, GATEWAY, publish, runReader, subscribed, TestGateway } from "./receive-kit.ts";

const ends = new Ends();
afterEach(() => ends.run());
const gateway = new TestGateway();

/** Collects what the gateway is told on its ack topic. */
async function listenForAcks(client: MqttClient): Promise<Ack[]> {
  const acks: Ack[] = [];
  client.on("message", (_topic, payload) => {
    const ack = readAck(payload);
    if (ack) acks.push(ack);
  });
  await client.subscribeAsync(topicsOf(GATEWAY).ack, { qos: 1 });
  return acks;
}

const acknowledged = (acks: readonly Ack[]) => acks.flatMap(({ ranges }) => ranges);

async function startAedes(): Promise<number> {
  const aedes = ends.add(await Aedes.createBroker(), (broker) => {
    return new Promise<void>((resolve) => broker.close(() => resolve()));
  });
  const server = createServer(aedes.handle).listen(0, "127.0.0.1");
  ends.add(server, () => server.close());
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

async function acknowledgesToTheGateway(port: number, protocolVersion: 4 | 5): Promise<void> {
  const client = await connectPlain(port, ends, protocolVersion);
  const acks = await listenForAcks(client);
  const reader = runReader(port, gateway, ends, { ack: true });
  await subscribed(reader);
  const packets = await Promise.all([0, 1, 3].map((seq) => gateway.seal({ seq })));
  for (const packet of packets) await publish(client, packet);
  const covers = (seq: number) => acknowledged(acks).some(([from, to]) => from <= seq && seq <= to);
  await until(() => [0, 1, 3].every(covers), "all acknowledged");
  expect(covers(2)).toBe(false);
  expect(acks[0]).toMatchObject({ stream: "sealed", epoch: EPOCH });
  acks.length = 0;
  if (packets[1]) await publish(client, packets[1]);
  await until(() => covers(1), "the duplicate acknowledged");
  expect(reader.handed).toEqual([0, 1, 3]);
}

describe("the reader on aedes, which speaks MQTT 3.1.1 only", () => {
  test("finds the protocol by itself and acknowledges to the gateway what was handled, duplicates too", async () => {
    await acknowledgesToTheGateway(await startAedes(), 4);
  });
});

describeWith(["mosquitto"], "the reader on Mosquitto", () => {
  const start = async (lines: readonly string[] = []) =>
    ends.add(await startPlainMosquitto(lines), (broker) => broker.stop());

  test("acknowledges to the gateway what was handled, duplicates too", async () => {
    await acknowledgesToTheGateway((await start()).port, 5);
  });

  test("gets a message again whose handler failed, and nothing behind it is lost or overtakes it", async () => {
    const { port } = await start();
    const client = await connectPlain(port, ends);
    let failures = 3;
    const handed: number[] = [];
    const reader = runReader(port, gateway, ends, {
      onWindow: (_windows, { seq }) => {
        if (seq === 1 && failures-- > 0) throw new Error("database is away");
        handed.push(seq);
      },
    });
    await subscribed(reader);
    for (const seq of [0, 1, 2, 3]) await publish(client, await gateway.seal({ seq }));
    await until(() => handed.length === 4, "all handled");
    expect(handed).toEqual([0, 1, 2, 3]);
    expect(reader.events.filter((event) => event === "receive.lost")).toHaveLength(3);
  });

  test("comes back by itself to the same session when the broker was away", async () => {
    const broker = await start(["persistence true"]);
    const reader = runReader(broker.port, gateway, ends);
    await subscribed(reader);
    await broker.pause();
    await until(() => reader.events.includes("receive.lost"), "noticed");
    await broker.resume();
    const client = await connectPlain(broker.port, ends);
    await publish(client, await gateway.seal({ seq: 0 }));
    await until(() => reader.handed.length === 1, "received");
  });

  test("keeps its connection while a handler takes longer than the keepalive", async () => {
    const { port } = await start();
    const client = await connectPlain(port, ends);
    let finish = () => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let started = false;
    const reader = runReader(port, gateway, ends, {
      broker: { keepaliveSeconds: 3 },
      onWindow: () => {
        started = true;
        return slow;
      },
    });
    await subscribed(reader);
    await publish(client, await gateway.seal({ seq: 0 }));
    await until(() => started, "started");
    // More than one and a half keepalives, after which both ends would give up; a second in which this process stands still
    // is not enough for it.
    const clock = new SystemClock();
    await new Promise<void>((resolve) => clock.after("slow handler", 6_000, resolve));
    finish();
    await until(() => reader.memory.gaps(GATEWAY) !== null, "marked");
    expect(reader.events).not.toContain("receive.lost");
  });

  test("leaves after the handler that runs, and the message behind it waits at the broker", async () => {
    const { port } = await start();
    const client = await connectPlain(port, ends);
    let finish = () => {};
    let started = false;
    const reader = runReader(port, gateway, ends, {
      onWindow: () => {
        started = true;
        return new Promise<void>((resolve) => {
          finish = resolve;
        });
      },
    });
    await subscribed(reader);
    for (const seq of [0, 1]) await publish(client, await gateway.seal({ seq }));
    await until(() => started, "started");
    const stopped = reader.mqtt.stop();
    finish();
    await stopped;
    const next = runReader(port, gateway, ends, { memory: reader.memory });
    await until(() => next.handed.length === 1, "the rest");
    expect(next.handed).toEqual([1]);
  });

  test("does not mark what the city's own broker took and did not acknowledge", async () => {
    const { port } = await start();
    const own = ends.add(await startScriptedBroker({ publish: () => "drop" }), (broker) => broker.stop());
    const parts = { clock: new SystemClock(), log: silentLog, jitterBelow: () => 20 };
    const republisher = new Republisher(`mqtt://127.0.0.1:${own.port}`, parts, "republish");
    republisher.start();
    const client = await connectPlain(port, ends);
    const reader = runReader(port, gateway, ends, { onWindow: (...all) => republisher.publish(...all) });
    ends.add(republisher, () => republisher.stop());
    await subscribed(reader);
    await publish(client, await gateway.seal({ seq: 0 }));
    await until(() => own.received.length === 1, "taken");
    await aWhile();
    expect(reader.memory.gaps(GATEWAY)).toBeNull();
    own.script.publish = () => 0;
    own.cut();
    await until(() => reader.memory.gaps(GATEWAY) !== null, "marked");
    expect(own.received.map(({ topic }) => topic)).toEqual(
      Array(2).fill(`telpost/v1/${GATEWAY}/records/blvd-noord-03`),
    );
  });

  test("republishes records as JSON, and marks a message only after the city's own broker has them", async () => {
    const { port } = await start();
    const own = await start();
    const parts = { clock: new SystemClock(), log: silentLog, jitterBelow: () => 20 };
    const republisher = new Republisher(`mqtt://127.0.0.1:${own.port}`, parts, "republish");
    ends.add(republisher, () => republisher.stop());
    await own.pause();
    republisher.start();
    const client = await connectPlain(port, ends);
    const reader = runReader(port, gateway, ends, { onWindow: (...all) => republisher.publish(...all) });
    await subscribed(reader);
    await publish(client, await gateway.seal({ seq: 0 }));
    await aWhile();
    const key = { stream: "sealed", gateway: GATEWAY, epoch: EPOCH, seq: 0 } as const;
    expect(reader.memory.hashOf(key)).toBeNull();
    await own.resume();
    await until(() => reader.memory.hashOf(key) !== null, "marked");
    const city = await connectPlain(own.port, ends);
    const got: string[] = [];
    city.on("message", (topic, payload) => void got.push(`${topic} ${payload}`));
    await city.subscribeAsync("telpost/v1/+/+/+/records/+", { qos: 1 });
    await publish(client, await gateway.seal({ seq: 1 }));
    await until(() => got.length === 1, "republished");
    const end = `${new Date(START_MS + 60_000).toISOString().slice(0, 19)}Z`;
    expect(got[0]).toBe(
      `telpost/v1/${GATEWAY}/records/blvd-noord-03 {"type":"record","gateway":"${GATEWAY}","end":"${end}",` +
        `"sensor":"blvd-noord-03","kind":"flow","seconds":60,"covered":60,"value":{"in":1,"out":0},"quality":"ok",` +
        `"method":"counted","epoch":"${EPOCH}","seq":1}`,
    );
  });
});
