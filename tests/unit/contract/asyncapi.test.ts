import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { mqttOptions as ofReader } from "../../../src/city/broker-options.ts";
import { LEAVES, topics } from "../../../src/contract/topics.ts";
import { mqttOptions as ofGateway } from "../../../src/forward/uplink/link-options.ts";
import { CONTRACT, contractText, validatorOf } from "../../kit/contract.ts";

/** A part of the document; at its ends a text or a number stands where the next part would. */
interface Node {
  readonly [key: string]: Node | undefined;
}

const text = contractText("asyncapi.yaml");
const document = parse(text) as Node;
const messages = Object.entries(document.components?.messages ?? {});

function parts(node: Node | undefined): Node[] {
  return Object.values(node ?? {}).filter((part) => part !== undefined);
}

/** What a reference inside the document points to. */
function pointed(reference: string): Node | undefined {
  const keys = reference.replace(/^#\//, "").split("/");
  return keys.reduce<Node | undefined>((node, key) => node?.[key], document);
}

const references = [...text.matchAll(/\$ref: "?([^"\n]+)/g)].map(([, reference = ""]) => reference);

describe("contract/asyncapi.yaml", () => {
  it("is AsyncAPI 3, by the schema that its authors publish, with the MQTT bindings", () => {
    const official = createRequire(import.meta.url)("@asyncapi/specs/schemas/3.0.0-without-$id.json");
    const ajv = new Ajv({
      strict: false,
      allErrors: true,
      validateFormats: false,
      meta: false,
      validateSchema: false,
    });
    const validate = ajv.compile(official);
    expect(validate(document), JSON.stringify(validate.errors?.slice(0, 5), null, 1)).toBe(true);
    // The schema looks into the bindings.
    const wrong = structuredClone(document) as unknown as {
      operations: Record<string, { bindings: object }>;
    };
    for (const operation of Object.values(wrong.operations)) operation.bindings = { mqtt: { qos: 3 } };
    expect(validate(wrong)).toBe(false);
  });

  it("refers only to what is there", () => {
    expect(references.length).toBeGreaterThan(30);
    const missing = references.filter((one) =>
      one.startsWith("#") ? pointed(one) === undefined : !existsSync(join(CONTRACT, one)),
    );
    expect(missing).toEqual([]);
  });

  it("has a channel for every topic that both ends use, an operation for every channel, and each message once", () => {
    const own = topics({ tenant: "{tenant}", site: "{site}", gateway: "{gateway}" });
    const channels = parts(document.channels);
    const addresses = channels.map(({ address }) => String(address));
    const published = LEAVES.map((leaf) => own[leaf]);
    const deeper = [`${own.root}/records/{sensor}`, `${own.cmd}/{command}`, `${own.res}/{command}`];
    expect([...addresses].sort()).toEqual([...published, ...deeper].sort());
    for (const { address, parameters = {} } of channels) {
      const named = [...String(address).matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(Object.keys(parameters)).toEqual(named);
    }
    const operations = parts(document.operations);
    const used = operations.map(({ channel }) => String(channel?.$ref));
    expect(used.sort()).toEqual(
      Object.keys(document.channels ?? {})
        .map((name) => `#/channels/${name}`)
        .sort(),
    );
    for (const { channel, messages } of operations) {
      const [message] = parts(messages);
      expect(String(message?.$ref)).toMatch(new RegExp(`^${channel?.$ref}/messages/`));
    }
    expect(messages.map(([name]) => name).sort()).toEqual(Object.keys(document.channels ?? {}).sort());
  });

  it.each(messages)("shows examples of %s that its schema accepts", (_name, message) => {
    const validate = validatorOf(String(message?.payload?.$ref));
    const wrong = parts(message?.examples).filter(({ payload }) => !validate(payload));
    expect(wrong).toEqual([]);
  });

  it("says of a connection what the two ends do", () => {
    const city = document.servers?.city?.bindings?.mqtt;
    const url = "mqtt://127.0.0.1:1883";
    const session = { clientId: "x", sessionExpirySeconds: Number(city?.sessionExpiryInterval) };
    expect(shown(ofReader({ url, ...session }, "5"))).toEqual(shownBinding(city));
    const gateway = document.servers?.gateway?.bindings?.mqtt;
    const will = { topic: String(gateway?.lastWill?.topic), payload: String(gateway?.lastWill?.message) };
    const keepaliveSeconds = Number(gateway?.keepAlive);
    const options = ofGateway({ url, protocol: "5", clientId: "x", tls: {}, will, keepaliveSeconds });
    expect(shown(options)).toEqual(shownBinding(gateway));
    expect(gateway?.lastWill).toMatchObject({ qos: options.will?.qos, retain: options.will?.retain });
    expect(validatorOf("schemas/status.schema.json")(JSON.parse(will.payload))).toBe(true);
  });
});

function shown({ clean, keepalive, properties }: ReturnType<typeof ofReader>) {
  return [clean, keepalive, properties?.sessionExpiryInterval, properties?.maximumPacketSize];
}

function shownBinding(binding: Node | undefined) {
  return [
    binding?.cleanSession,
    binding?.keepAlive,
    binding?.sessionExpiryInterval,
    binding?.maximumPacketSize,
  ];
}
