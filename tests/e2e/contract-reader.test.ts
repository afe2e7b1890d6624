import { readFileSync, writeFileSync } from "node:fs";
import type { ValidateFunction } from "ajv";
import mqtt, { type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSealed, readSite } from "../../src/city/index.ts";
import { type Leaf, parseTopic } from "../../src/contract/topics.ts";
import { validatorOf } from "../kit/contract.ts";
import { LiveGateway, LiveProcess, type Printed } from "../kit/live-gateway.ts";
import { type Mosquitto, startPlainMosquitto } from "../kit/mosquitto.ts";
import { describeWith, PYTHON } from "../kit/programs.ts";
import { FakeDevice } from "../kit/pty.ts";
import { PYTHON_READER } from "../kit/python-check.ts";
import { openPart } from "../kit/sealed-message.ts";
import { telpost } from "../kit/telpost.ts";
import { aWhile, until } from "../kit/until.ts";

const LAB = "profile: lab, mechanism: none, reason: test, flow: { windowSeconds: 2 }";
const GATEWAY = "denhaag/scheveningen/gw07";

/** Messages that are signed texts. */
const SIGNED: ReadonlySet<string> = new Set(["sealed", "privacy"]);

interface Heard {
  readonly topic: string;
  readonly leaf: Leaf | undefined;
  readonly payload: Buffer;
  readonly contentType: string | undefined;
}

describeWith(
  ["mosquitto", "python3/cryptography", "python3/paho.mqtt"],
  "a gateway and the reader that was written from contract/",
  () => {
    let broker: Mosquitto;
    let live: LiveGateway;
    let device: FakeDevice;
    let listener: MqttClient;
    let reader: LiveProcess;
    const heard: Heard[] = [];

    beforeEach(async () => {
      broker = await startPlainMosquitto();
      live = new LiveGateway();
      device = new FakeDevice();
      device.plug();
      const url = `url: "mqtt://127.0.0.1:${broker.port}"`;
      await live.prepare({
        broker: `${url}, ack: city`,
        cityBroker: url,
        privacy: LAB,
        sensors: [`id: gate-3, profile: generic-jsonl, port: ${device.link}`],
      });
      const key = JSON.parse(readFileSync(live.path("gw07.public.jwk"), "utf8"));
      writeFileSync(live.path("gateways.json"), JSON.stringify([{ id: GATEWAY, keys: [key] }]));
      heard.length = 0;
      listener = mqtt.connect({ host: "127.0.0.1", port: broker.port, protocolVersion: 5 });
      listener.on("message", (topic, payload, { properties }) => {
        heard.push({ topic, leaf: parseTopic(topic)?.leaf, payload, contentType: properties?.contentType });
      });
      await listener.subscribeAsync("telpost/v1/#", { qos: 1 });
    });

    afterEach(async () => {
      await reader?.stop("SIGKILL");
      await listener.endAsync(true);
      await live.dispose();
      device.dispose();
      await broker.stop();
    });

    async function startReader(): Promise<void> {
      const files = [
        "--city-keys",
        "city-private.jwks",
        "--gateways",
        "gateways.json",
        "--memory",
        "python.sqlite",
        "--root",
        "city-root.jwk",
      ];
      const args = files.map((one) => (one.startsWith("--") ? one : live.path(one)));
      const where = ["--url", `mqtt://127.0.0.1:${broker.port}`, "--tenant", "denhaag", "--ack"];
      const launch = { executable: PYTHON, program: PYTHON_READER, env: { PYTHONDONTWRITEBYTECODE: "1" } };
      reader = new LiveProcess(["receive", ...where, ...args], launch);
      await until(() => reader.text.includes("broker: Success"), "the reader is connected");
    }

    const records = () => reader.printed.filter(({ type }) => type === "record");
    const sum = () => records().reduce((total, { value }: Printed) => total + (value?.in ?? 0), 0);
    const of = (leaf: Leaf) => heard.filter((one) => one.leaf === leaf);

    const GAPS: ReadonlySet<string | undefined> = new Set(["gap", "gap_closed"]);
    const gapsOf = (one: LiveProcess) => one.printed.filter(({ type }) => GAPS.has(type));

    it("agree on what is missing, and open what is sealed to a key that they learned while they ran", async () => {
      await startReader();
      const own = live.startReceive("--ack");
      await until(() => own.said("receive.subscribed").length > 0, "our own reader is connected");
      live.startForward();
      const sense = live.startSense();
      await until(() => records().length > 0, "the first record");
      // As after a card that lost its last rows: the gateway says how far it had come, and what is gone.
      const epoch = String(records()[0]?.epoch);
      const cut = { numbers: { epoch, ranges: [[900, 1000]] } };
      const [tenant, site, gateway] = GATEWAY.split("/");
      const events = [
        { kind: "epoch", new: "1111111111111111", previous: epoch, lastSeqKept: 1000 },
        { kind: "gap", reason: "power_cut", ...cut },
      ];
      for (const [seq, event] of events.entries()) {
        const header = { schema: "telpost/event/1", tenant, site, gateway, epoch: "0000000000000000", seq };
        const message = { ...header, at: "2026-07-18T14:05:00Z", ...event };
        await listener.publishAsync(`telpost/v1/${GATEWAY}/event`, JSON.stringify(message), { qos: 1 });
      }
      const readers = [reader, own];
      await until(() => readers.every((one) => gapsOf(one).length > 0), "both know what is missing, and why");
      expect(reader.printed.find(({ type }) => type === "gap")).toEqual({
        ...{ type: "gap", gateway: GATEWAY, declared: true, reason: "power_cut", ...cut },
      });
      expect(gapsOf(reader)).toEqual(gapsOf(own));

      const set = ["--set", live.path("city/set.jws")];
      const root = ["--root", live.path("city/root-private.jwk"), "--ring", live.path("city-private.jwks")];
      const made = await telpost(["keys", "city", "--lab", ...root, ...set]);
      expect(made).toMatchObject({ code: 0 });
      const published = ["--site", live.path("site.yaml"), "--root", live.path("city-root.jwk")];
      await telpost(["keys", "publish", ...set, ...published]);
      await until(() => sense.said("keys.accepted").length > 0, "the gateway has the new key");
      const kid = () =>
        reader.printed.filter(({ type }) => type === "keys").flatMap(({ keys }) => keys as string[])[0];
      // What was sealed before may still be on its way.
      const toIt = () =>
        of("sealed")
          .map(({ payload }) => openPart(payload.toString()))
          .filter((one) => one.kid === kid());
      await until(() => toIt().length > 1, "messages sealed to it");
      const last = () => toIt().at(-2)?.seq;
      const opened = (one: LiveProcess) =>
        one.printed.some(({ type, seq }) => type === "record" && seq === last());
      await until(() => readers.every(opened), "both have opened one");
      for (const one of readers) expect(one.printed.filter(({ type }) => type === "alarm")).toEqual([]);
    });

    it("agree: it opens and prints each window once, acknowledges it, and knows it after a restart", async () => {
      await startReader();
      const own = live.startReceive();
      await until(() => own.said("receive.subscribed").length > 0, "our own reader is connected");
      live.startForward();
      const sense = live.startSense();
      await until(() => sense.said("sensor.up").length > 0, "the sensor is up");
      for (let sent = 0; sent < 3; sent++) device.send(Buffer.from('{"in":1,"out":2}\n'));
      await until(() => sum() === 3, "three passages");
      await until(() => of("ack").length > 0, "an acknowledgement");
      expect(records()[0]).toMatchObject({ gateway: GATEWAY, sensor: "gate-3", kind: "flow", seconds: 2 });
      await live.sense?.stop();
      await live.forward?.stop();
      await until(
        () => reader.printed.some(({ reason }) => reason === "stopped"),
        "the word of a clean stop",
      );

      const told = (one: LiveProcess) =>
        one.printed.filter(({ type }) => type === "record" || type === "event");
      await until(() => told(own).length === told(reader).length, "both have told as much");
      expect(told(reader)).toEqual(told(own));
      for (const record of records()) expectFit(validatorOf("schemas/records.schema.json"), record);

      await reader.stop();
      await startReader();
      const [one] = of("sealed");
      for (const { payload } of of("sealed"))
        await listener.publishAsync(`telpost/v1/${GATEWAY}/sealed`, payload, { qos: 1 });
      const elsewhere = "telpost/v1/denhaag/scheveningen/gw08/sealed";
      await listener.publishAsync(elsewhere, one?.payload ?? "", { qos: 1 });
      await until(() => reader.printed.some(({ type }) => type === "alarm"), "an alarm");
      await aWhile();
      expect(records()).toEqual([]);
      const alarms = reader.printed.filter(({ type }) => type === "alarm");
      expect(alarms).toEqual([
        { type: "alarm", reason: "unknown_gateway", gateway: "denhaag/scheveningen/gw08" },
      ]);

      // All that went over the broker is what the closed schemas say.
      const { registry } = readSite(live.path("site.yaml"));
      const windows = validatorOf("schemas/windows.schema.json");
      for (const { leaf, payload, topic, contentType } of heard) {
        const text = payload.toString();
        if (SIGNED.has(leaf ?? "")) expectFit(validatorOf(`schemas/${leaf}.schema.json`), text);
        else expectFit(validatorOf(`schemas/${leaf}.schema.json`), JSON.parse(text));
        if (leaf === "sealed" && topic !== elsewhere) {
          const opened = await openSealed(text, GATEWAY, registry);
          if (!opened.ok) throw new Error(opened.refusal);
          expectFit(windows, opened.windows);
        }
        if (contentType)
          expect(contentType).toBe(SIGNED.has(leaf ?? "") ? "application/jose" : "application/json");
        if (leaf === "privacy") expectFit(validatorOf("schemas/privacy-report.schema.json"), payloadOf(text));
      }
      expect(new Set(heard.map(({ leaf }) => leaf))).toEqual(
        new Set(["sealed", "status", "event", "ack", "privacy"]),
      );
    });
  },
);

/** What a compact JWS holds. */
const payloadOf = (jws: string): unknown =>
  JSON.parse(Buffer.from(jws.split(".")[1] ?? "", "base64url").toString());

function expectFit(validate: ValidateFunction, message: unknown): void {
  expect(validate(message), `${JSON.stringify(message)} ${JSON.stringify(validate.errors)}`).toBe(true);
}
