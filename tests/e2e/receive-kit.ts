import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt, { type MqttClient } from "mqtt";
import { SystemClock } from "../../src/base/clock.ts";
import type { Log, LogEvent } from "../../src/base/log.ts";
import type { BrokerSettings } from "../../src/city/broker-options.ts";
import { type Memory, VolatileMemory } from "../../src/city/memory.ts";
import { MqttReader } from "../../src/city/mqtt.ts";
import { createReader, type ReaderOptions } from "../../src/city/reader.ts";
import { writeKeyRing } from "../../src/keys/write.ts";
import { until } from "../kit/until.ts";
import { GATEWAY, type Packet, TestGateway } from "../unit/city/fixtures.ts";

export { GATEWAY, TestGateway };

/** Things to end, the newest first. */
export class Ends {
  readonly #ends: (() => unknown)[] = [];

  add<T>(thing: T, end: (thing: T) => unknown): T {
    this.#ends.push(() => end(thing));
    return thing;
  }

  async run(): Promise<void> {
    for (let end = this.#ends.pop(); end; end = this.#ends.pop()) await end();
  }
}

export function temporaryFolder(ends: Ends): string {
  const folder = mkdtempSync(join(tmpdir(), "telpost-receive-"));
  return ends.add(folder, () => rmSync(folder, { recursive: true }));
}

/** A client that plays the gateway. */
export async function connectPlain(
  port: number,
  ends: Ends,
  protocolVersion: 4 | 5 = 5,
): Promise<MqttClient> {
  const client = mqtt.connect({ host: "127.0.0.1", port, protocol: "mqtt", protocolVersion });
  ends.add(client, () => client.endAsync(true));
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  return client;
}

export async function publish(client: MqttClient, { topic, payload }: Packet): Promise<void> {
  await client.publishAsync(topic, Buffer.from(payload), { qos: 1 });
}

/** Writes a site file for a gateway; returns its path. */
export function writeSite(folder: string, port: number, gateway: TestGateway): string {
  writeKeyRing(join(folder, "city.jwks"), [gateway.city.privateJwk]);
  const file = join(folder, "site.yaml");
  const key = JSON.stringify(gateway.key.publicJwk);
  const lines = [
    `broker: { url: "mqtt://127.0.0.1:${port}" }`,
    ...["tenant: denhaag", "keys: city.jwks", "memory: seen.sqlite"],
    `gateways: [{ id: ${GATEWAY}, key: ${key} }]`,
  ];
  writeFileSync(file, lines.join("\n"));
  return file;
}

/** Starts the reader as a process and waits for this line of its log. What a session holds comes before the SUBACK. */
export async function startReceive(
  siteFile: string,
  outFile: string,
  ends: Ends,
  event: LogEvent = "receive.subscribed",
): Promise<ChildProcess> {
  const program = new URL("receive-program.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [program, siteFile, outFile], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  ends.add(child, () => child.exitCode === null && child.kill("SIGKILL"));
  let said = "";
  child.stderr?.on("data", (text) => {
    said += text;
  });
  await until(() => said.includes(event) || child.exitCode !== null, event);
  if (child.exitCode !== null) throw new Error(said);
  return child;
}

export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

/** A reader in this process, on a broker. */
export interface Running {
  readonly mqtt: MqttReader;
  readonly memory: Memory;
  /** `seq` of every message handed on. */
  readonly handed: number[];
  readonly events: LogEvent[];
}

export function runReader(
  port: number,
  gateway: TestGateway,
  ends: Ends,
  { broker = {}, ...more }: Partial<ReaderOptions> & { broker?: Partial<BrokerSettings> } = {},
): Running {
  const memory = more.memory ?? new VolatileMemory();
  const handed: number[] = [];
  const events: LogEvent[] = [];
  const say = (event: LogEvent) => void events.push(event);
  const log: Log = { debug: say, info: say, warn: say, error: say };
  const clock = new SystemClock();
  const onWindow: ReaderOptions["onWindow"] = (_windows, { seq }) => void handed.push(seq);
  const reader = createReader({ registry: gateway.registry, memory, clock, onWindow, ...more });
  const settings = {
    url: `mqtt://127.0.0.1:${port}`,
    clientId: "city",
    sessionExpirySeconds: 600,
    ...broker,
  };
  const parts = { clock, log, jitterBelow: () => 20 };
  const running = new MqttReader({ ...parts, broker: settings, tenant: "denhaag", reader });
  ends.add(running, () => running.stop());
  running.start();
  return { mqtt: running, memory, handed, events };
}

/** Waits until the reader has subscribed `times` times. */
export function subscribed({ events }: Running, times = 1): Promise<void> {
  const count = () => events.filter((event) => event === "receive.subscribed").length;
  return until(() => count() >= times, `subscribed ${times} times`);
}
