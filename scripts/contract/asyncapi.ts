import { stringify } from "yaml";
import { MAX_SEALED_CHARACTERS } from "../../src/contract/sealed.ts";
import { CONTRACT_VERSION } from "../../src/contract/status.ts";
import { EXAMPLES } from "./examples.ts";
import { MESSAGES } from "./messages.ts";
import type { Json } from "./schemas.ts";

/** Makes the AsyncAPI 3 document of the contract, as seen from the city: it receives what gateways send. */

const BINDING = "0.2.0";
const ROOT = "telpost/v1/{tenant}/{site}/{gateway}";
const PARAMETERS = {
  tenant: { description: "Id of the tenant: 1 to 32 of a-z, 0-9 and -." },
  site: { description: "Id of the site: 1 to 32 of a-z, 0-9 and -." },
  gateway: { description: "Id of the gateway, unique within its tenant: 1 to 32 of a-z, 0-9 and -." },
};
const LAST_LEVELS = {
  sensor: { description: "Id of the counting line, zone or total." },
  command: { description: "Name of the command: 1 to 32 of a-z, 0-9 and -." },
};
const LATE = {
  type: "object",
  properties: {
    late: {
      type: "string",
      const: "true",
      description: "User property on MQTT 5: this message waited on the gateway. Advice only.",
    },
  },
};

interface Channel {
  readonly name: string;
  /** The city receives or sends it. */
  readonly action: "receive" | "send";
  readonly title: string;
  readonly summary: string;
  readonly retain: boolean;
  /** Schema of the payload, below `schemas/`. */
  readonly payload: string;
  readonly contentType: "application/jose" | "application/json";
  /** May come late: has the user property and a message expiry. */
  readonly kept?: true;
  /** Where it differs from the name. */
  readonly leaf?: string;
  /** The parameter that is the last level of the address. */
  readonly below?: keyof typeof LAST_LEVELS;
  readonly server?: "republished";
}

const CHANNELS: readonly Channel[] = [
  {
    ...{ name: "sealed", action: "receive", retain: false, payload: "sealed", kept: true },
    ...{ contentType: "application/jose", title: "Sealed message" },
    summary: "One for each closing instant, with every record whose window ends then.",
  },
  {
    ...{ name: "event", action: "receive", retain: false, payload: "event", kept: true },
    ...{ contentType: "application/json", title: "Event" },
    summary:
      "What a gateway declares about itself: gaps, epochs, clock steps, keys, conflicts, alarms of the machine.",
  },
  {
    ...{ name: "status", action: "receive", retain: true, payload: "status" },
    ...{ contentType: "application/json", title: "Birth or death" },
    summary:
      "Birth on every connect; death as last will 30 s after the connection is lost, or at a clean stop.",
  },
  {
    ...{ name: "health", action: "receive", retain: false, payload: "health" },
    ...{ contentType: "application/json", title: "Health" },
    summary: "Every five minutes while connected, never kept for later.",
  },
  {
    ...{ name: "privacy", action: "receive", retain: true, payload: "privacy" },
    ...{ contentType: "application/jose", title: "Privacy report" },
    summary: "What a gateway measures, keeps, sends and shows, signed by its key. On every connect.",
  },
  {
    ...{ name: "ack", action: "send", retain: false, payload: "ack" },
    ...{ contentType: "application/json", title: "Acknowledgement" },
    summary: "The city has and keeps these messages. Needed by gateways with broker.ack: city.",
  },
  {
    ...{ name: "keys", action: "send", retain: true, payload: "keys" },
    ...{ contentType: "application/jose", title: "City key set" },
    summary: "The keys to seal to, signed by the city root key.",
  },
  {
    ...{ name: "command", action: "send", retain: false, payload: "command", leaf: "cmd", below: "command" },
    ...{ contentType: "application/json", title: "Remote command" },
    summary:
      "health, privacy, restart or doctor. Lost when the gateway is offline. Give it a message expiry and correlation data.",
  },
  {
    ...{ name: "result", action: "receive", retain: false, payload: "result", leaf: "res", below: "command" },
    ...{ contentType: "application/json", title: "Answer to a remote command" },
    summary:
      "With the correlation data of the command, on its response topic when that is one level below res/, else on res/<command>.",
  },
  {
    ...{ name: "records", action: "send", retain: false, payload: "records", below: "sensor" },
    ...{ contentType: "application/json", title: "Record in the clear", server: "republished" },
    summary: "What `telpost receive --republish` puts on the city's own broker, beside the reader.",
  },
] as const;

/** The text of `asyncapi.yaml`. */
export function asyncApiText(): string {
  const document = {
    asyncapi: "3.0.0",
    id: "urn:telpost:contract:v1",
    info: INFO,
    defaultContentType: "application/json",
    servers: SERVERS,
    channels: Object.fromEntries(CHANNELS.map((one) => [one.name, channel(one)])),
    operations: Object.fromEntries(CHANNELS.map((one) => [`${one.action}-${one.name}`, operation(one)])),
    components: {
      messages: Object.fromEntries(CHANNELS.map((one) => [one.name, message(one)])),
      securitySchemes: {
        certificate: {
          type: "X509",
          description:
            "TLS client certificate. Its common name is the user name: tenant/site/gateway of a gateway, city-<tenant> of the city.",
        },
      },
    },
  };
  return `# Written by npm run docs; change the source, not this file.\n${stringify(document, { lineWidth: 110, aliasDuplicateObjects: false })}`;
}

const INFO = {
  title: "telpost: from gateway to city",
  version: `${CONTRACT_VERSION}.0`,
  description:
    "Topics, delivery and messages, as the city sees them. How to verify, open and deduplicate is in README.md beside this file.",
  license: { name: "EUPL-1.2", url: "https://joinup.ec.europa.eu/collection/eupl" },
};

const TLS = {
  protocol: "mqtts",
  protocolVersion: "5.0",
  security: [{ $ref: "#/components/securitySchemes/certificate" }],
};
const HOST = "mqtt.city.example:8883";

/** The same broker twice: the two ends connect in different ways, and that is what a binding of a server says. */
const SERVERS = {
  city: {
    ...{ host: HOST, ...TLS, title: "The broker, as the city's reader connects" },
    description:
      "One durable session with a fixed client id: what comes while the reader is away waits at the broker.",
    bindings: {
      mqtt: {
        ...{ clientId: "telpost-receive-<tenant>", cleanSession: false, keepAlive: 60 },
        ...{ sessionExpiryInterval: 604_800, maximumPacketSize: 262_144, bindingVersion: BINDING },
      },
    },
  },
  gateway: {
    ...{ host: HOST, ...TLS, title: "The broker, as a gateway connects" },
    description: "Clean start; the last will is delayed by 30 s. MQTT 3.1.1 where the broker has no MQTT 5.",
    bindings: {
      mqtt: {
        ...{ clientId: "<tenant>/<site>/<gateway>", cleanSession: true, keepAlive: 30 },
        lastWill: {
          ...{ topic: "telpost/v1/<tenant>/<site>/<gateway>/status", qos: 1, retain: true },
          message: JSON.stringify(
            EXAMPLES.status?.valid.find(({ name }) => name.includes("last will"))?.message,
          ),
        },
        ...{ sessionExpiryInterval: 60, maximumPacketSize: 262_144, bindingVersion: BINDING },
      },
    },
  },
  republished: {
    ...{ host: "127.0.0.1:1883", protocol: "mqtt", protocolVersion: "5.0" },
    ...{ title: "The city's own broker", description: "Records in the clear: beside the reader only." },
  },
};

function channel({ name, title, leaf = name, below, server }: Channel): Json {
  const servers = server ? [server] : ["city", "gateway"];
  return {
    address: `${ROOT}/${leaf}${below ? `/{${below}}` : ""}`,
    title,
    servers: servers.map((one) => ({ $ref: `#/servers/${one}` })),
    parameters: below ? { ...PARAMETERS, [below]: LAST_LEVELS[below] } : PARAMETERS,
    messages: { [name]: { $ref: `#/components/messages/${name}` } },
  };
}

function operation({ name, action, summary, retain, kept }: Channel): Json {
  const expiry = kept ? { messageExpiryInterval: KEPT_SECONDS } : {};
  return {
    action,
    summary,
    channel: { $ref: `#/channels/${name}` },
    messages: [{ $ref: `#/channels/${name}/messages/${name}` }],
    bindings: { mqtt: { qos: 1, retain, ...expiry, bindingVersion: BINDING } },
  };
}

/** The default of `outbox.maxAge`: a message expires at the broker when the gateway would have given it up. */
const KEPT_SECONDS = 2_592_000;

function message({ name, title, summary, payload, contentType, kept }: Channel): Json {
  const inside = name === "sealed" ? INSIDE : {};
  const shown = EXAMPLES[payload]?.valid.filter(({ later }) => !later) ?? [];
  const description = MESSAGES.find((one) => one.name === payload)?.description;
  return {
    name,
    title,
    summary,
    ...(description && { description }),
    contentType,
    ...(kept && { headers: LATE }),
    payload: { $ref: `./schemas/${payload}.schema.json` },
    ...inside,
    bindings: { mqtt: { contentType, bindingVersion: BINDING } },
    ...(shown.length > 0 && {
      examples: shown.map(({ name: summary, message }) => ({ summary, payload: message })),
    }),
  };
}

const INSIDE = {
  description: `Compact JWS over compact JWE, at most ${MAX_SEALED_CHARACTERS} characters. Examples: vectors/sealed.json.`,
  "x-telpost-inside": {
    jwsHeader: { $ref: "./schemas/jws-header.schema.json" },
    jweHeader: { $ref: "./schemas/jwe-header.schema.json" },
    plaintext: { $ref: "./schemas/windows.schema.json" },
  },
};
