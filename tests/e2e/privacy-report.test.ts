import { closeSync, existsSync, openSync, readdirSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import mqtt, { type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSealed } from "../../src/city/open.ts";
import { openReport } from "../../src/city/privacy.ts";
import { readSite } from "../../src/city/site.ts";
import type { PrivacyReport } from "../../src/contract/privacy-report.ts";
import { contentOf } from "../../src/keys/next-set.ts";
import { LiveGateway } from "../kit/live-gateway.ts";
import { type Mosquitto, startPlainMosquitto } from "../kit/mosquitto.ts";
import { Observed } from "../kit/observed.ts";
import { SOURCE } from "../kit/program.ts";
import { describeWith } from "../kit/programs.ts";
import { FakeDevice } from "../kit/pty.ts";
import { telpost } from "../kit/telpost.ts";
import { until } from "../kit/until.ts";

const GATEWAY = "denhaag/scheveningen/gw07";
const topicRoot = `telpost/v1/${GATEWAY}/`;
const LOOK_MS = 20;

describeWith(["mosquitto"], "the privacy report of a gateway that runs", () => {
  let broker: Mosquitto;
  let live: LiveGateway;
  let client: MqttClient;
  let observed: Observed;
  let looking: NodeJS.Timeout;
  const devices: FakeDevice[] = [];
  /** Everything that came over the broker. */
  const traffic: { topic: string; text: string }[] = [];

  beforeEach(async () => {
    traffic.length = 0;
    observed = new Observed();
    broker = await startPlainMosquitto();
    live = new LiveGateway();
    live.launch = {
      program: SOURCE,
      env: { NODE_OPTIONS: `--import ${join(import.meta.dirname, "../kit/quick-health.ts")}` },
    };
    devices.push(new FakeDevice(), new FakeDevice());
    for (const device of devices) device.plug();
    const [gate, camera] = devices.map(({ link }) => link);
    const url = `url: "mqtt://127.0.0.1:${broker.port}"`;
    const windows = "flow: { windowSeconds: 2 }, occupancy: { windowSeconds: 2 }";
    await live.prepare({
      broker: `${url}, ack: city`,
      cityBroker: url,
      privacy: `profile: lab, ${windows}`,
      sensors: [
        `id: gate, profile: generic-jsonl, port: ${gate}, sends: [totals]`,
        `id: camera, profile: generic-jsonl, port: ${camera}, sends: [present, tracks], lines: [{ id: exit, from: [-5, 0], to: [5, 0], in: left }]`,
      ],
    });
    client = mqtt.connect({ host: "127.0.0.1", port: broker.port, protocol: "mqtt", protocolVersion: 5 });
    client.on("message", (topic, payload) => void traffic.push({ topic, text: payload.toString("latin1") }));
    await client.subscribeAsync("#");
    looking = setInterval(look, LOOK_MS);
  });

  afterEach(async () => {
    clearInterval(looking);
    await client.endAsync(true);
    await live.dispose();
    for (const device of devices.splice(0)) device.dispose();
    await broker.stop();
  });

  function look(): void {
    for (const place of ["runtime", "crash", "state"] as const) observed.folder(place, live.places[place]);
  }

  /** Lets everything happen that leaves traces: windows, totals, a kill, a boot, new keys, a damaged outbox. */
  async function liveThrough(): Promise<void> {
    const [gate, camera] = devices;
    const records = () => live.receive?.printed.filter(({ type }) => type === "record").length ?? 0;
    live.startReceive("--ack");
    live.startForward("--log-level", "trace");
    live.startSense("--log-level", "trace");
    await until(() => records() > 0, "the first record");
    await until(() => traffic.some(({ topic }) => topic.endsWith("gw07/health")), "its health");
    const asked = ["--site", live.path("site.yaml"), "--gateway", GATEWAY];
    for (const name of ["health", "restart"]) await telpost(["command", name, ...asked]);
    gate?.send(Buffer.from('{"inTotal":5,"outTotal":7}\n'));
    camera?.send(Buffer.from('{"present":3,"tracks":[{"id":"a","x":1,"y":1}]}\n'));
    const before = records();
    await until(() => records() > before + 6, "more records");
    // Sense goes on alone for a window: it waits on tmpfs.
    await live.forward?.stop("SIGKILL");
    observed.log(live.forward?.text ?? "");
    await until(() => readdirSync(join(live.places.crash, "unkept")).length > 0, "a message waits");
    await live.sense?.stop("SIGKILL");
    observed.log(live.sense?.text ?? "");
    damage(join(live.places.state, "outbox.db"));
    live.startForward("--log-level", "trace");
    live.startSense("--log-level", "trace");
    await until(() => (live.forward?.said("outbox.salvaged").length ?? 0) > 0, "the outbox is repaired");
    const after = records();
    await until(() => records() > after + 6, "it goes on");
    const root = ["--root", live.path("city/root-private.jwk"), "--ring", live.path("city-private.jwks")];
    const set = ["--set", live.path("city/set.jws")];
    await telpost(["keys", "city", "--lab", ...root, ...set]);
    await telpost([
      "keys",
      "publish",
      "--site",
      live.path("site.yaml"),
      ...set,
      "--root",
      live.path("city-root.jwk"),
    ]);
    await until(() => (live.sense?.said("keys.accepted").length ?? 0) > 0, "new keys");
  }

  const reportsSent = () => traffic.filter(({ topic }) => topic.endsWith("/privacy"));

  /** Opens what came over the broker as the city does, so that its fields are seen. */
  async function readTraffic(): Promise<void> {
    const { registry } = readSite(live.path("site.yaml"));
    for (const { topic, text } of traffic) {
      if (topic.endsWith("/sealed")) {
        const opened = await openSealed(text, GATEWAY, registry);
        if (!opened.ok) throw new Error(opened.refusal);
        observed.message(topic, opened.windows);
      } else if (topic.endsWith("/privacy"))
        observed.message(topic, await openReport(text, GATEWAY, registry));
      else if (topic.endsWith("/keys")) observed.message(topic, { schema: "", ...contentOf(text) });
      else observed.message(topic, JSON.parse(text));
    }
  }

  it("contains every topic, field, file, table and log event that is seen of it, and is printed by both ends", async () => {
    await liveThrough();
    const asked = await telpost(["privacy-report", "--crash", live.places.crash]);
    // Those sent before, at each connection, did not know the new keys.
    const lastSent = () =>
      Buffer.from(reportsSent().at(-1)?.text.split(".")[1] ?? "", "base64url").toString();
    await until(
      () => isDeepStrictEqual(JSON.parse(lastSent()), JSON.parse(asked.out)),
      "the report on the topic",
    );
    const { runtime, crash } = live.places;
    await live.sense?.stop();
    await live.forward?.stop();
    for (const one of [live.sense, live.forward]) observed.log(one?.text ?? "");
    await live.receive?.stop();
    observed.database(join(live.places.state, "outbox.db"));
    for (const name of ["telpost.yaml", "gateway-key.jwk", "city-root.jwk", "city-keys.jws"])
      observed.files.add(`config/${name}`);
    await readTraffic();

    const { registry } = readSite(live.path("site.yaml"));
    const report = await openReport(reportsSent().at(-1)?.text ?? "", GATEWAY, registry);
    if (!report) throw new Error("no signed report on the topic");
    expect([...observed.topics.keys()].map((topic) => topic.slice(topicRoot.length)).sort()).toEqual([
      ...["ack", "cmd/health", "cmd/restart", "event", "health", "keys", "privacy"],
      ...["res/health", "res/restart", "sealed", "status"],
    ]);
    for (const name of ["crash/state", "state/outbox.db", "state/outbox.db.damaged-1", "state/city-keys.jws"])
      expect([name, observed.files.has(name)]).toEqual([name, true]);
    expect(observed.columns.size).toBeGreaterThan(30);
    expect(observed.events.size).toBeGreaterThan(15);
    expect(observed.missingIn(report)).toEqual([]);
    // The comparison sees what is left out, whatever it is.
    for (const [kind, without] of withoutOne(report, observed))
      expect(observed.missingIn(without).some((line) => line.startsWith(kind))).toBe(true);

    expect([asked.code, JSON.parse(asked.out)]).toEqual([0, report]);
    expect(report.protection).toMatchObject({ mechanism: "discrete-laplace", signedBy: expect.any(String) });
    const printed = live.receive?.printed.filter(({ type }) => type === "privacy") ?? [];
    expect(printed.at(-1)).toMatchObject({ gateway: GATEWAY, protection: report.protection });
    expect(statSync(runtime).isDirectory() && statSync(crash).isDirectory()).toBe(true);
  });
});

/** Reports that lack one thing that was seen, with the word by which that must be found out. */
function* withoutOne(
  report: PrivacyReport,
  { columns, events, files }: Observed,
): Generator<[string, PrivacyReport]> {
  const [event] = events;
  const [column = ""] = columns;
  const [first = ""] = [...files].filter((name) => name.startsWith("crash/unkept"));
  expect(first).not.toBe("");
  const [table] = column.split(".");
  for (const leaf of ["/sealed", "/health", "/cmd/+", "/res/+"])
    yield ["topic", { ...report, topics: report.topics.filter(({ topic }) => !topic.endsWith(leaf)) }];
  const thin = report.topics.map((one) => ({
    ...one,
    fields: one.fields.filter((name) => name !== "about.cityKid"),
  }));
  yield ["field of", { ...report, topics: thin }];
  yield ["file", { ...report, files: report.files.filter(({ name }) => name !== "unkept/*") }];
  yield ["column", { ...report, tables: report.tables.filter(({ name }) => name !== table) }];
  const { logs } = report;
  yield ["log event", { ...report, logs: { ...logs, events: logs.events.filter((one) => one !== event) } }];
  yield ["log field", { ...report, logs: { ...logs, fields: logs.fields.filter((one) => one !== "code") } }];
}

/** Overwrites the beginning of a database, also of what waits to be moved into it. */
function damage(path: string): void {
  for (const name of [path, `${path}-wal`]) {
    if (!existsSync(name)) continue;
    const file = openSync(name, "r+");
    writeSync(file, Buffer.alloc(4096, "damage"), 0, 4096, 0);
    closeSync(file);
  }
}
