import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { SystemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { connectReader, runReceive, SqliteMemory } from "../../src/city/index.ts";
import { startPlainMosquitto } from "../kit/mosquitto.ts";
import { describeWith } from "../kit/programs.ts";
import { until } from "../kit/until.ts";
import { START_MS, STATUS } from "../unit/city/fixtures.ts";
import {
  connectPlain,
  Ends,
  GATEWAY,
  publish,
  TestGateway,
  temporaryFolder,
  writeSite,
} from "./receive-kit.ts";

const ends = new Ends();
afterEach(() => ends.run());

describeWith(["mosquitto"], "the library of the city", () => {
  test("receives with a site file and a handler, and frees its memory when stopped", async () => {
    const gateway = new TestGateway();
    const broker = ends.add(await startPlainMosquitto(), (one) => one.stop());
    const folder = temporaryFolder(ends);
    const siteFile = writeSite(folder, broker.port, gateway);
    const got: string[] = [];
    const states: string[] = [];
    const connection = connectReader({
      siteFile,
      onWindow: ({ end, records }, meta) => {
        got.push(`${meta.gateway} ${end} ${records[0]?.sensor}`);
      },
      onStatus: ({ state }) => void states.push(state),
    });
    const client = await connectPlain(broker.port, ends);
    const death = {
      schema: "telpost/status/1",
      state: "offline",
      reason: "stopped",
      bootId: "b",
      connection: 1,
    };
    await client.publishAsync(STATUS, JSON.stringify(death), { qos: 1, retain: true });
    // The retained message shows that the subscription stands.
    await until(() => states.length === 1, "subscribed");
    await publish(client, await gateway.seal({ seq: 0 }));
    await until(() => got.length === 1, "received");
    expect(got).toEqual([`${GATEWAY} ${new Date(START_MS).toISOString().slice(0, 19)}Z blvd-noord-03`]);
    await connection.stop();
    new SqliteMemory(join(folder, "seen.sqlite")).close();
  });

  test("receive republishes on the broker of the option and prints, and ends while that broker is away", async () => {
    const gateway = new TestGateway();
    const broker = ends.add(await startPlainMosquitto(), (one) => one.stop());
    const own = ends.add(await startPlainMosquitto(), (one) => one.stop());
    const folder = temporaryFolder(ends);
    const siteFile = writeSite(folder, broker.port, gateway);
    const lines: string[] = [];
    const stopping = new AbortController();
    const receiving = runReceive({
      ...{ siteFile, ack: false, republish: `mqtt://127.0.0.1:${own.port}`, log: silentLog },
      ...{ clock: new SystemClock(), jitterBelow: () => 20, signal: stopping.signal },
      out: (line) => void lines.push(line),
    });
    const client = await connectPlain(broker.port, ends);
    const city = await connectPlain(own.port, ends);
    const topics: string[] = [];
    city.on("message", (topic) => void topics.push(topic));
    await city.subscribeAsync("telpost/#");
    const death = {
      schema: "telpost/status/1",
      state: "offline",
      reason: "stopped",
      bootId: "b",
      connection: 1,
    };
    await client.publishAsync(STATUS, JSON.stringify(death), { qos: 1, retain: true });
    await until(() => lines.length === 1, "subscribed");
    await publish(client, await gateway.seal({ seq: 0 }));
    await until(() => lines.length === 2 && topics.length === 1, "republished and printed");
    await own.pause();
    await publish(client, await gateway.seal({ seq: 1 }));
    stopping.abort();
    await receiving;
    expect(lines.map((line) => JSON.parse(line).type)).toEqual(["status", "record"]);
    const memory = new SqliteMemory(join(folder, "seen.sqlite"));
    const key = { stream: "sealed", gateway: GATEWAY, epoch: "7k2m9qv4x0t8b1ce" } as const;
    expect([0, 1].map((seq) => memory.hashOf({ ...key, seq }) !== null)).toEqual([true, false]);
    memory.close();
  });
});
