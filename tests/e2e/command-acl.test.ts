import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Authority, issueClient, issueServer, makeAuthority } from "../kit/certificates.ts";
import { LiveGateway } from "../kit/live-gateway.ts";
import { type Mosquitto, startTlsMosquitto } from "../kit/mosquitto.ts";
import { describeWith } from "../kit/programs.ts";
import { telpost } from "../kit/telpost.ts";
import { aWhile, until } from "../kit/until.ts";

const [GW07, GW08] = ["denhaag/scheveningen/gw07", "denhaag/scheveningen/gw08"] as const;
const CITY = "city-denhaag";
const ROOT = `telpost/v1/${GW07}`;
/** "Not authorized" (MQTT 5, table 3-4). */
const DENIED = 0x87;

const INVENTORY = `tenant: denhaag
reader: { broker: { url: mqtts://127.0.0.1:8883, ca: ca.pem, cert: city.pem, key: city.key } }
defaults:
  broker: { url: mqtts://127.0.0.1:8883, ca: ca.pem }
  sensors: [{ id: gate, profile: generic-jsonl, port: /dev/ttyUSB0 }]
sites: [{ id: scheveningen, gateways: [{ id: gw07 }, { id: gw08 }] }]
`;

describeWith(["mosquitto", "openssl"], "commands under the ACL that telpost fleet makes", () => {
  let folder: string;
  let authority: Authority;
  let broker: Mosquitto;
  let live: LiveGateway;
  const clients: MqttClient[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "telpost-command-acl-"));
    authority = makeAuthority(folder);
    writeFileSync(join(folder, "inventory.yaml"), INVENTORY);
    const made = await telpost(["fleet", join(folder, "inventory.yaml"), "--out", join(folder, "out")]);
    expect(made).toMatchObject({ code: 0, err: "" });
    broker = await startTlsMosquitto(authority, issueServer(folder, authority), join(folder, "out/acl"));
    live = new LiveGateway();
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.endAsync(true);
    await live.dispose();
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const brokerOf = (commonName: string) => {
    const { cert, key } = issueClient(folder, authority, commonName);
    return `url: "mqtts://127.0.0.1:${broker.port}", ca: ${authority.ca}, cert: ${cert}, key: ${key}`;
  };

  /** The gateway gw07 as two processes, at the broker. */
  async function start(more = ""): Promise<void> {
    await live.prepare({
      broker: `${brokerOf(GW07)}${more}`,
      cityBroker: brokerOf(CITY),
      privacy: "profile: lab, flow: { windowSeconds: 2 }",
      sensors: ["id: gate, profile: generic-jsonl, port: /dev/null"],
    });
    const forward = live.startForward();
    const sense = live.startSense();
    await until(() => forward.said("uplink.connected").length > 0, "connected");
    await until(() => sense.said("handover.connected").length > 0, "the two have met");
  }

  async function connected(commonName: string, protocolVersion: 4 | 5 = 5): Promise<MqttClient> {
    const { cert, key } = issueClient(folder, authority, commonName);
    const client = await connectAsync(`mqtts://127.0.0.1:${broker.port}`, {
      ...{ protocolVersion, reconnectPeriod: 0, clientId: `test-${clients.length}` },
      ...{ ca: readFileSync(authority.ca), cert: readFileSync(cert), key: readFileSync(key) },
    });
    clients.push(client);
    return client;
  }

  /** "taken", or the reason code of the broker's refusal. On a connection of its own: Mosquitto may end it then. */
  async function tries(commonName: string, topic: string): Promise<unknown> {
    const client = await connected(commonName);
    const payload = JSON.stringify({ schema: "telpost/command/1", command: topic.split("/").at(-1) });
    return client.publishAsync(topic, payload, { qos: 1 }).then(
      () => "taken",
      (failure: { code?: number }) => failure.code,
    );
  }

  const ask = (name: string) =>
    telpost(["command", name, "--site", live.path("site.yaml"), "--gateway", GW07]);

  it("the city asks and hears the answer; no gateway asks anything, answers for another, or hears what another is asked", async () => {
    await start();
    const [neighbour, itself] = [await connected(GW08), await connected(GW07)];
    const heard: string[] = [];
    const listening = [
      [neighbour, "gw08"],
      [itself, "gw07"],
    ] as const;
    for (const [client, name] of listening) {
      client.on("message", (topic) => void heard.push(`${name} ${topic}`));
      await client.subscribeAsync(["telpost/v1/denhaag/+/+/cmd/+", "telpost/v1/denhaag/+/+/res/+"], {
        qos: 1,
      });
    }
    const [health, privacy] = await Promise.all([ask("health"), ask("privacy")]);
    expect([health.code, health.err, privacy.code, privacy.err]).toEqual([0, "", 0, ""]);
    expect(JSON.parse(health.out)).toMatchObject({ command: "health", outcome: "done" });
    await until(() => heard.length >= 2, "gw07 hears what it is asked");
    await aWhile();
    expect([...new Set(heard)].sort()).toEqual([`gw07 ${ROOT}/cmd/health`, `gw07 ${ROOT}/cmd/privacy`]);

    const attempts = [
      [GW07, `${ROOT}/cmd/restart`],
      [GW07, `telpost/v1/${GW08}/cmd/restart`],
      [GW07, `telpost/v1/${GW08}/sealed`],
      [GW07, `telpost/v1/${GW08}/res/health`],
      [GW08, `${ROOT}/cmd/restart`],
      [GW08, `${ROOT}/res/health`],
      [CITY, `${ROOT}/res/health`],
    ] as const;
    for (const [who, topic] of attempts)
      expect([who, topic, await tries(who, topic)]).toEqual([who, topic, DENIED]);
    // What it may, beside that: else the refusals would say nothing.
    expect(await tries(GW07, `${ROOT}/res/health`)).toBe("taken");
    expect(live.forward?.said("process.stopping")).toEqual([]);
  });

  it("a gateway on MQTT 3.1.1 answers a city on either version", async () => {
    await start(', protocol: "3.1.1", ack: city');
    const five = await ask("health");
    expect([five.code, five.err]).toEqual([0, ""]);
    expect(JSON.parse(five.out)).toMatchObject({ command: "health", outcome: "done" });

    const old = await connected(CITY, 4);
    const answers: string[] = [];
    old.on("message", (_topic, payload) => void answers.push(payload.toString()));
    await old.subscribeAsync(`${ROOT}/res/health`, { qos: 1 });
    const payload = JSON.stringify({ schema: "telpost/command/1", command: "health" });
    await old.publishAsync(`${ROOT}/cmd/health`, payload, { qos: 1 });
    await until(() => answers.length > 0, "an answer");
    expect(JSON.parse(answers[0] ?? "")).toMatchObject({ command: "health", outcome: "done" });
  });
});
