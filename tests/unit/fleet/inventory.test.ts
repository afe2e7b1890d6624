import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readFleet } from "../../../src/fleet/plan.ts";
import { deviceProfile } from "../../kit/devices.ts";

const profiles = [deviceProfile("hilink-ld2450")];
const lines = (text: string) => {
  const read = readFleet(text, profiles);
  return read.ok
    ? []
    : read.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
};
const configurations = (text: string) => {
  const read = readFleet(text, profiles);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.value.gateways.map(
    ({ configuration }) => configuration as Record<string, Record<string, unknown>>,
  );
};

const HEAD = `tenant: denhaag
reader: { broker: { url: mqtts://mqtt.city.example:8883 } }
defaults:
  broker: { url: mqtts://mqtt.city.example:8883, ca: ca.pem }
  sensors: [{ id: gate-1, profile: generic-jsonl, port: /dev/ttyUSB0 }]
`;

describe("an inventory", () => {
  it("is good as the example shows it", () => {
    const example = new URL("../../../deploy/fleet.example.yaml", import.meta.url);
    const [gate, pole, own] = configurations(readFileSync(example, "utf8"));
    expect(gate?.report).toMatchObject({ purpose: "Crowd safety on the boulevard", register: "SENS-0231" });
    expect(gate?.broker).toMatchObject({ ack: "city", cert: "gw07.pem", key: "gw07.key" });
    expect(pole?.sensors).toMatchObject([{ profile: "hilink-ld2450" }]);
    expect(own?.privacy).toEqual({ flow: { windowSeconds: 300, epsilon: "1" } });
    expect(own?.sensors).toMatchObject([{ id: "door-a" }]);
  });

  it("lays the gateway over its kind, the kind over its site and the site over the defaults, key by key", () => {
    const [one] = configurations(`${HEAD}  outbox: { maxAge: 1d, maxBytes: 1MiB }
  city: { root: defaults.jwk, keys: defaults.jws }
kinds:
  gate: { broker: { inFlight: 3, keepaliveSeconds: 30 }, city: { root: kind.jwk } }
sites:
  - id: a
    broker: { inFlight: 2, backlogPerSecond: 20 }
    outbox: { maxAge: 2d }
    gateways: [{ id: gw1, kind: gate, broker: { keepaliveSeconds: 40 } }]
`);
    expect(one?.broker).toMatchObject({
      ca: "ca.pem",
      backlogPerSecond: 20,
      inFlight: 3,
      keepaliveSeconds: 40,
    });
    expect(one?.outbox).toEqual({ maxAge: "2d", maxBytes: "1MiB" });
    expect(one?.city).toEqual({ root: "kind.jwk", keys: "defaults.jws" });
  });

  it("shows every problem at once, each where it was written", () => {
    const text = `${HEAD}kinds:
  gate: { broker: { ack: nobody } }
sites:
  - id: a
    brokr: {}
    gateways: [{ id: gw1, kind: gaet }, { id: GW2 }]
  - id: a
    gateways: [{ id: gw1 }]
`;
    expect(lines(text)).toEqual([
      '10:5 sites.0.brokr: unknown key "brokr"; did you mean broker?',
      "11:43 sites.0.gateways.1.id: use 1 to 32 of a-z, 0-9 and -",
    ]);
    expect(lines(text.replace("    brokr: {}\n", "").replace("GW2", "gw2"))).toEqual([
      '10:27 sites.0.gateways.0.kind: there is no kind "gaet"; did you mean gate?',
      '11:5 sites.1.id: site "a" stands here twice',
      '12:18 sites.1.gateways.0.id: gateway "gw1" stands at site a already; ids are unique within the tenant',
    ]);
  });

  it("names a mistake of what all have in common once, and at the layer that made it", () => {
    const text = `${HEAD}  privacy: { flow: { windowSecnds: 60 } }
kinds:
  gate: { broker: { ack: nobody } }
sites:
  - id: a
    privacy: { flow: { epsilon: "3" } }
    gateways:
      - { id: gw1, kind: gate }
      - { id: gw2, kind: gate }
      - { id: gw3, sensors: [{ id: gate-1, profile: generic-jsonl }] }
`;
    expect(lines(text)).toEqual([
      '6:22 defaults.privacy.flow.windowSecnds: unknown key "windowSecnds"; did you mean windowSeconds?',
      "8:21 kinds.gate.broker.ack: write one of: broker, city",
      "15:30 sites.0.gateways.2.sensors.0.port: missing; write text",
    ]);
    // Once the section is sound, its rules speak too, from where the value stands.
    expect(lines(text.replace("windowSecnds", "windowSeconds"))).toContainEqual(
      expect.stringMatching(/^11:24 sites\.0\.privacy\.flow\.epsilon: epsilon 3 is above 2/),
    );
  });

  it("judges the reader as the reader itself does", () => {
    const text = HEAD.replace("reader: { broker: {", "reader: { broker: { cert: city.pem,");
    expect(lines(`${text}sites: [{ id: a, gateways: [{ id: gw1 }] }]\n`)).toEqual([
      "2:11 reader.broker: cert and key go together",
    ]);
  });

  it("takes no aliases, and no more gateways than a reader does", () => {
    expect(lines(`${HEAD}sites: [{ id: a, gateways: [{ id: gw1, broker: &b {} }] }]\n`)).toEqual([
      "6:51 : anchors (&) are not allowed; remove &b",
    ]);
    const many = (from: number) =>
      Array.from({ length: 6_000 }, (_, n) => `{ id: gw${from + n} }`).join(", ");
    const sites = `sites: [{ id: a, gateways: [${many(0)}] }, { id: b, gateways: [${many(6_000)}] }]\n`;
    expect(lines(HEAD + sites)).toEqual([
      "6:1 sites: 12000 gateways are more than one reader takes (10000); make two inventories",
    ]);
  });

  it("gives no certificate to a gateway of the laboratory", () => {
    const text = HEAD.replace(
      "  broker: { url: mqtts://mqtt.city.example:8883, ca: ca.pem }",
      "  broker: { url: mqtt://127.0.0.1:1883 }\n  privacy: { profile: lab }",
    );
    const [one] = configurations(`${text}sites: [{ id: a, gateways: [{ id: gw1 }] }]\n`);
    expect(one?.broker).toEqual({ url: "mqtt://127.0.0.1:1883" });
  });
});
