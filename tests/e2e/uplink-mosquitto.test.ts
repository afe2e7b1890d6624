import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt, { type MqttClient } from "mqtt";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { status } from "../../src/contract/status.ts";
import type { Outbox } from "../../src/forward/ports.ts";
import type { SealedMessage } from "../../src/model.ts";
import { type Authority, type Issued, issueClient, issueServer, makeAuthority } from "../kit/certificates.ts";
import { type Mosquitto, startPlainMosquitto, startTlsMosquitto } from "../kit/mosquitto.ts";
import { message, offer, openForTest, tempFolder } from "../kit/outbox.ts";
import { describeWith } from "../kit/programs.ts";
import { aWhile, until } from "../kit/until.ts";
import { type Rig, type RigOptions, ROOT, startRigOn, word } from "./uplink-rig.ts";

const DAY = 86_400_000;
let rig: Rig<Outbox>;
const clients: MqttClient[] = [];
/** What the city really got. */
const got: string[] = [];

/** Every sealed message that a test put into the outbox. */
const kept: string[] = [];

function keep(messages: readonly SealedMessage[]): void {
  rig.outbox.append(
    messages.map((one) => offer(one)),
    message(0).endMs,
  );
  kept.push(...messages.map(({ jws }) => jws));
}

/** An uplink on a real outbox that holds messages 0 to `count` - 1. */
function start(count: number, options: RigOptions): void {
  const outbox = openForTest(join(tempFolder(), "outbox.db"));
  rig = startRigOn(outbox, { ...options, more: { ...options.more, maxAgeMs: 3650 * DAY } });
  keep(Array.from({ length: count }, (_, seq) => message(seq)));
}

/** A reader that listens as the city does. */
async function city(
  port: number,
  more: object = { protocol: "mqtt" },
  filter = "telpost/v1/denhaag/#",
): Promise<MqttClient> {
  const options = { host: "127.0.0.1", port, protocolVersion: 5 as const, reconnectPeriod: 0, ...more };
  const client = mqtt.connect(options as mqtt.IClientOptions);
  clients.push(client);
  // Before the connection is up: a durable session sends what waited at once.
  client.on("message", (topic, payload) => {
    if (topic === `${ROOT}/sealed`) got.push(payload.toString());
  });
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  await client.subscribeAsync(filter, { qos: 1 }).catch(() => {});
  return client;
}

/** A reader that also acknowledges each sealed message it has. */
async function acknowledgingCity(port: number, more: object): Promise<MqttClient> {
  const client = await city(port, more);
  client.on("message", (topic, payload) => {
    if (topic !== `${ROOT}/sealed`) return;
    const seq = Number(payload.toString().split(".")[1]);
    const ack = { stream: "sealed", epoch: message(0).epoch, ranges: [[seq, seq]] };
    client.publish(`${ROOT}/ack`, JSON.stringify(ack), { qos: 1 });
  });
  return client;
}

/** Resolves in the very turn in which the city has so many: whoever looks now and then may find that all have come. */
function arrivalOf(count: number, client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.on("message", () => got.length === count && resolve()));
}

const queued = () => rig.outbox.stats().queued;
const sealed = (count: number) => Array.from({ length: count }, (_, seq) => message(seq).jws);

/** Ends what a test started, and checks the law: what left the outbox has arrived, and nothing is rejected. */
async function finish(): Promise<void> {
  await rig.uplink.stop();
  const { accepted, rejected, dropped, queued: left, appended } = rig.outbox.stats();
  expect([rejected, dropped, left + accepted]).toEqual([0, 0, appended]);
  rig.outbox.releaseAll();
  const waiting = rig.outbox.lease({ afterId: 0, upToId: Number.MAX_SAFE_INTEGER, limit: 1000 });
  const here = new Set(waiting.map(({ payload }) => payload));
  // The broker has answered the gateway: what it answered may be on its way to the city.
  const arrived = () => kept.every((jws) => here.has(jws) || got.includes(jws));
  await until(arrived, "what left the outbox has arrived").finally(() => {
    for (const client of clients.splice(0)) client.end(true);
    kept.length = 0;
    got.length = 0;
  });
}

describeWith(["mosquitto", "openssl"], "the uplink and Mosquitto over TLS, with the ACL of deploy/", () => {
  let folder: string;
  let authority: Authority;
  let broker: Mosquitto;
  let gateway: Issued;
  let reader: { protocol: string; ca: string; cert: string; key: string };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "telpost-tls-"));
    authority = makeAuthority(folder);
    broker = await startTlsMosquitto(authority, issueServer(folder, authority));
    gateway = issueClient(folder, authority, "denhaag/scheveningen/gw07");
    reader = asOptions(issueClient(folder, authority, "city-denhaag"));
  });
  afterAll(async () => {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(finish);

  const asOptions = ({ cert, key }: Issued) => ({ protocol: "mqtts", ...filesOf(authority.ca, cert, key) });
  const url = (port = broker.port) => `mqtts://127.0.0.1:${port}`;
  const files = (issued: Partial<Issued> = gateway) => ({ ca: authority.ca, ...issued });

  it("delivers and proves, and the city reads births and everything sealed", async () => {
    const client = await city(broker.port, reader);
    const births: string[] = [];
    client.on("message", (topic, payload) => {
      if (topic === `${ROOT}/status`) births.push(payload.toString());
    });
    start(20, { url: url(), broker: files() });
    await until(() => queued() === 0 && got.length === 20, "delivery and arrival");
    expect(got).toEqual(sealed(20));
    expect(status.parse(JSON.parse(births[0] ?? ""))).toMatchObject({ state: "online" });
    expect(rig.uplink.state()).toMatchObject({ state: "connected", protocol: "5", code: null });
  });

  it("takes the city's own acknowledgement as proof, and nothing less", async () => {
    const client = await city(broker.port, reader);
    start(5, { url: url(), broker: { ...files(), ack: "city" } });
    await until(() => got.length === 5, "arrival");
    await aWhile();
    const before = queued();
    expect(before).toBeGreaterThanOrEqual(5);
    const ranges = { stream: "sealed", epoch: message(0).epoch, ranges: [[0, 4]] };
    await client.publishAsync(`${ROOT}/ack`, JSON.stringify(ranges), { qos: 1 });
    await until(() => queued() === before - 5, "settled by the city");
  });

  it("takes a key set from the city, and from nobody below its own topic", async () => {
    const client = await city(broker.port, reader);
    await client.publishAsync(`${ROOT}/keys`, "a.b.c", { qos: 1, retain: true });
    start(0, { url: url(), broker: files() });
    await until(() => rig.keys.length === 1, "key set");
    expect(rig.keys).toEqual(["a.b.c"]);
    await client.publishAsync(`${ROOT}/keys`, "", { qos: 1, retain: true });
    const forged = client.publishAsync(`${ROOT}/sealed`, "forged", { qos: 1 });
    await expect(forged).rejects.toThrow(/Not authorized/);
  });

  it("lets a technician see status and health, and nothing sealed even when asked for", async () => {
    const technician = asOptions(issueClient(folder, authority, "technician-denhaag"));
    const client = await city(broker.port, technician);
    const seen = new Set<string>();
    client.on("message", (topic) => seen.add(topic));
    await city(broker.port, reader);
    start(3, { url: url(), broker: files() });
    await until(() => queued() === 0, "delivery");
    await until(() => seen.size > 0, "the birth");
    await aWhile();
    expect([...seen]).toEqual([`${ROOT}/status`]);
  });

  it("does not let a gateway speak for another: already its birth is denied", async () => {
    await city(broker.port, reader);
    const other = issueClient(folder, authority, "denhaag/scheveningen/gw08");
    start(4, { url: url(), broker: files(other) });
    await until(() => rig.said("uplink.waiting").length > 0, "the line");
    await aWhile();
    expect(rig.said("uplink.waiting")).toMatchObject([{ fields: { code: "broker.denied" } }]);
    expect(rig.said("uplink.refused")).toMatchObject([
      { fields: { topic: `${ROOT}/status`, reason: "0x87" } },
    ]);
    expect([got, rig.said("uplink.lost")]).toEqual([[], []]);
  });

  it("names a broker whose certificate another authority signed", async () => {
    const stranger = makeAuthority(folder, "stranger");
    start(1, { url: url(), broker: { ...files(), ca: stranger.ca } });
    await until(() => word(rig)[1] === "broker.tls_ca", "broker.tls_ca");
  });

  it("names a client certificate that the broker does not accept", async () => {
    const stranger = makeAuthority(folder, "stranger");
    start(1, { url: url(), broker: files(issueClient(folder, stranger, "denhaag/scheveningen/gw07")) });
    await until(() => word(rig)[1] === "broker.tls_client", "broker.tls_client");
  });

  it("names a client certificate that is missing", async () => {
    start(1, { url: url(), broker: files({}) });
    await until(() => word(rig)[1] === "broker.tls_client", "broker.tls_client");
  });

  it("names a broker with a certificate for another name", async () => {
    const other = issueServer(folder, authority, { name: "other", names: "DNS:other.example" });
    const elsewhere = await startTlsMosquitto(authority, other);
    start(1, { url: url(elsewhere.port), broker: files() });
    await until(() => word(rig)[1] === "broker.tls_name", "broker.tls_name");
    await rig.uplink.stop();
    await elsewhere.stop();
  });

  it("says that the clock is not set, rather than that a certificate is bad, and goes on when it is", async () => {
    const validity = { from: "20990101000000Z", to: "20991231000000Z" };
    const future = await startTlsMosquitto(
      authority,
      issueServer(folder, authority, { name: "future", validity }),
    );
    let synced = false;
    start(1, { url: url(future.port), broker: files(), more: { clockSynced: () => synced } });
    await until(() => word(rig)[1] === "broker.tls_clock", "broker.tls_clock");
    synced = true;
    await until(
      () => word(rig)[1] === "broker.tls_expired",
      "another attempt, judged with a clock that is set",
    );
    await rig.uplink.stop();
    await future.stop();
  });

  it("reads its certificate anew for each attempt, so that a renewed one needs no restart", async () => {
    await city(broker.port, reader);
    const later = { cert: join(folder, "later.pem"), key: join(folder, "later.key") };
    start(2, { url: url(), broker: files(later) });
    await until(() => word(rig)[1] === "key.unreadable", "key.unreadable");
    expect(rig.said("uplink.waiting")).toMatchObject([
      { level: "error", fields: { code: "key.unreadable", detail: later.cert } },
    ]);
    copyFileSync(gateway.cert, later.cert);
    copyFileSync(gateway.key, later.key);
    await until(() => queued() === 0, "delivery");
  });
});

function filesOf(ca: string, cert: string, key: string) {
  const read = (path: string) => readFileSync(path, "utf8");
  return { ca: read(ca), cert: read(cert), key: read(key) };
}

describeWith(["mosquitto"], "the uplink and a Mosquitto that comes and goes", () => {
  let broker: Mosquitto;
  const url = () => `mqtt://127.0.0.1:${broker.port}`;
  /** A reader with a durable session, as deploy/mosquitto/README.md asks for. */
  const durable = {
    protocol: "mqtt",
    clientId: "city",
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
  };

  const begin = async (lines: readonly string[] = []) => {
    broker = await startPlainMosquitto(["persistence true", "max_queued_messages 0", ...lines]);
  };
  afterEach(async () => {
    try {
      await finish();
    } finally {
      await broker.stop();
    }
  });

  it("waits for a broker that is not there, and delivers when it comes", async () => {
    await begin();
    await (await city(broker.port, durable)).endAsync();
    await broker.pause();
    start(10, { url: url() });
    await until(() => word(rig)[1] === "broker.unreachable", "broker.unreachable");
    expect(rig.uplink.state().backlog).toBeGreaterThanOrEqual(10);
    await broker.resume();
    await until(() => queued() === 0, "delivery");
    await city(broker.port, durable);
    await until(() => got.length === 10, "arrival");
  });

  it("loses nothing when the broker is restarted in the middle of a drain", async () => {
    await begin();
    const some = arrivalOf(50, await city(broker.port, durable));
    start(400, { url: url(), broker: { inFlight: 10, backlogPerSecond: 1000 } });
    await some;
    await broker.pause();
    await until(() => word(rig)[0] !== "connected", "the loss");
    expect(queued()).toBeGreaterThan(0);
    await broker.resume();
    await city(broker.port, durable);
    await until(() => queued() === 0 && new Set(got).size === 400, "delivery");
  });

  it("loses nothing when the broker is killed in the middle of a drain, with the city's word as proof", async () => {
    await begin();
    const some = arrivalOf(50, await acknowledgingCity(broker.port, durable));
    start(400, { url: url(), broker: { ack: "city", inFlight: 10, backlogPerSecond: 1000 } });
    await some;
    await broker.kill();
    await until(() => word(rig)[0] !== "connected", "the loss");
    expect(got.length).toBeLessThan(400);
    await broker.resume();
    await acknowledgingCity(broker.port, durable);
    await until(() => new Set(got).size === 400 || word(rig)[1] === "broker.no_subscriber", "the rest");
  });

  it("keeps every row while nobody subscribes, and says so once", async () => {
    await begin();
    start(10, { url: url() });
    await until(() => word(rig)[1] === "broker.no_subscriber", "broker.no_subscriber");
    const lines = () =>
      rig.said("uplink.no_subscriber").filter(({ fields }) => fields.topic === `${ROOT}/sealed`);
    await until(() => lines().length > 0, "the line");
    await aWhile();
    expect(queued()).toBeGreaterThanOrEqual(10);
    expect(lines()).toHaveLength(1);
  });

  it("keeps every row of a topic that the ACL denies, with one clear line, and delivers the others", async () => {
    const acl = join(tempFolder(), "acl");
    writeFileSync(
      acl,
      ["status", "event", "keys"].map((leaf) => `topic readwrite ${ROOT}/${leaf}\n`).join(""),
    );
    await begin([`acl_file ${acl}`]);
    await city(broker.port);
    start(4, { url: url() });
    await until(() => queued() === 4, "delivery of the event");
    await until(() => word(rig)[1] === "broker.denied" && word(rig)[0] === "connected", "broker.denied");
    await aWhile();
    expect(rig.said("uplink.row_denied")).toMatchObject([
      { level: "warn", fields: { code: "broker.denied", reason: "0x87", topic: `${ROOT}/sealed` } },
    ]);
    expect([got, queued()]).toEqual([[], 4]);
  });

  it("sets a message aside that is too large for the broker (0x95, which the MQTT library cannot read)", async () => {
    await begin(["message_size_limit 400"]);
    await city(broker.port);
    start(6, { url: url() });
    const large = { ...message(6), jws: `a.b.${"x".repeat(500)}` };
    keep([large, message(7)]);
    await until(() => queued() === 1 && rig.said("uplink.row_denied").length > 0, "delivery of the others");
    expect(rig.said("uplink.row_denied")[0]?.fields).toMatchObject({ code: "broker.rejected", seq: 6 });
    await until(() => got.includes(message(7).jws), "arrival of the one behind it");
  });

  it("holds every row on MQTT 3.1.1, where an acknowledgement proves nothing", async () => {
    await begin();
    await city(broker.port);
    start(5, { url: url(), broker: { protocol: "3.1.1" } });
    await until(() => word(rig)[0] === "held", "held");
    await aWhile();
    expect([word(rig), got]).toEqual([["held", "broker.not_proof"], []]);
    expect(queued()).toBeGreaterThanOrEqual(5);
  });

  it("leaves a last word at a clean stop that a later reader finds", async () => {
    await begin();
    start(0, { url: url() });
    await until(() => word(rig)[0] === "connected", "connected");
    await rig.uplink.stop("stopped");
    const words: string[] = [];
    const client = await city(broker.port, { protocol: "mqtt" }, "none");
    client.on("message", (_topic, payload) => words.push(payload.toString()));
    await client.subscribeAsync(`${ROOT}/status`, { qos: 1 });
    await until(() => words.length > 0, "the retained word");
    expect(status.parse(JSON.parse(words[0] ?? ""))).toMatchObject({ state: "offline", reason: "stopped" });
  });
});
