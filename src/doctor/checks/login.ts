import mqtt, { type MqttClient } from "mqtt";
import { TelpostError } from "../../base/errors.ts";
import { DOCTOR_TEST_LEAF, DOCTOR_TEST_SCHEMA } from "../../contract/doctor-report.ts";
import { gatewayName, topics } from "../../contract/topics.ts";
import { classify, type Failure, reasonHex } from "../../forward/uplink/classify.ts";
import { mqttOptions } from "../../forward/uplink/link-options.ts";
import type { Protocol } from "../../forward/uplink/protocol-choice.ts";
import { check, failed, good, type Judgement, notKnown, type Patient, type Subject } from "../check.ts";
import { isDenied } from "./certificate.ts";
import { configOf, identityOf, inFolder } from "./files.ts";
import { brokerOf, fillFor } from "./network.ts";

/** How a login and one message ended. */
type LoginFacts =
  | { readonly is: "denied here" }
  | { readonly is: "failed"; readonly failure: Failure }
  | {
      readonly is: "acknowledged";
      readonly protocol: Protocol;
      readonly reasonCode: number;
      readonly topic: string;
    };

/**
 * Logs in beside forward, under a name of its own, and publishes one message that says nothing, on a topic of its own that
 * nobody keeps: an acknowledgement shows that certificate, login and ACL are good. Without a will, a session or a trace.
 */
export const login = check<LoginFacts>("login", {
  needs: ["tls"],
  late: "broker.timeout",
  observe,
  judge: judgeLogin,
});

async function observe(subject: Subject): Promise<LoginFacts> {
  const { protocol } = configOf(subject).broker;
  const first: Protocol = protocol === "3.1.1" ? "3.1.1" : "5";
  const found = await tried(subject, first);
  const tryOther = protocol === "auto" && found.is === "failed" && found.failure.protocolRefused;
  return tryOther ? tried(subject, "3.1.1") : found;
}

async function tried(subject: Subject, protocol: Protocol): Promise<LoginFacts> {
  try {
    return await publishOnce(subject, protocol);
  } catch (failure) {
    if (!(failure instanceof TelpostError)) throw failure;
    if (isDenied(failure)) return { is: "denied here" };
    return { is: "failed", failure: { code: failure.code, detail: failure.detail, protocolRefused: false } };
  }
}

function publishOnce(subject: Subject, protocol: Protocol): Promise<LoginFacts> {
  const { machine, signal } = subject;
  const topic = testTopic(subject);
  const client = mqtt.connect(optionsOf(subject, protocol));
  const clockFacts = { nowMs: machine.clock.realtime(), clockSynced: machine.clockSync().synced };
  return new Promise((resolve) => {
    let isOver = false;
    const end = (facts: LoginFacts, isClean: boolean) => {
      if (isOver) return;
      isOver = true;
      client.end(!isClean);
      resolve(facts);
    };
    const fail = (error?: unknown) => {
      const failure = classify({ error, wasUp: client.connected, ...clockFacts });
      end({ is: "failed", failure }, false);
    };
    signal.addEventListener("abort", () => fail(), { once: true });
    client.on("connect", () => publish(client, topic, protocol));
    client.on("packetreceive", (packet) => {
      if (packet.cmd !== "puback") return;
      end({ is: "acknowledged", protocol, reasonCode: packet.reasonCode ?? 0, topic }, true);
    });
    client.on("error", fail);
    client.on("close", () => fail());
  });
}

/** Above nothing that a city reads or a broker keeps. */
export function testTopic(patient: Patient): string {
  return `${topics(identityOf(configOf(patient))).root}/${DOCTOR_TEST_LEAF}`;
}

const EXPIRY_SECONDS = 1;

function publish(client: MqttClient, topic: string, protocol: Protocol): void {
  const properties = { messageExpiryInterval: EXPIRY_SECONDS, contentType: "application/json" };
  client.publish(topic, JSON.stringify({ schema: DOCTOR_TEST_SCHEMA }), {
    qos: 1,
    retain: false,
    ...(protocol === "5" && { properties }),
  });
}

function optionsOf(subject: Subject, protocol: Protocol) {
  const config = configOf(subject);
  const { broker } = config;
  const path = (file: string | undefined) => (file === undefined ? undefined : inFolder(subject, file));
  const { will: _, ...options } = mqttOptions({
    url: broker.url,
    protocol,
    clientId: `${gatewayName(identityOf(config))}-doctor`,
    keepaliveSeconds: broker.keepaliveSeconds,
    tls: {
      ca: path(broker.ca),
      cert: path(broker.cert),
      key: path(broker.key),
      credentialsDirectory: subject.credentialsDirectory,
    },
    will: { topic: "", payload: "" },
  });
  const { properties } = options;
  return properties ? { ...options, properties: { ...properties, sessionExpiryInterval: 0 } } : options;
}

function judgeLogin(facts: LoginFacts, patient: Patient): Judgement[] {
  if (facts.is === "denied here")
    return [notKnown("broker.key is not for you to read. Run: sudo telpost doctor")];
  if (facts.is === "failed") {
    const { code, detail } = facts.failure;
    const { host, port } = brokerOf(patient);
    const why = detail === "" ? "The broker closed the connection." : `${detail}.`;
    return [failed(code, why, { fill: fillFor(host, port) })];
  }
  const { protocol, reasonCode, topic } = facts;
  if (reasonCode === 0x87) return [failed("broker.denied", `${topic}: reason 0x87.`)];
  if (reasonCode >= 0x80) return [failed("broker.rejected", `${topic}: reason ${reasonHex(reasonCode)}.`)];
  const { ack } = configOf(patient).broker;
  if (protocol === "3.1.1" && ack === "broker") return [failed("broker.not_proof", "It refused MQTT 5.")];
  return [good(`The broker let this gateway in with MQTT ${protocol} and took a message of it.`)];
}
