import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { type IClientOptions, UniqueMessageIdProvider } from "mqtt";
import { TelpostError } from "../base/errors.ts";

/** MQTT 5, or 3.1.1 on a broker that refuses 5. */
export type Protocol = "5" | "3.1.1";

/** A broker as the city reaches it. Paths of PEM files are resolved. */
export interface BrokerSettings {
  /** `mqtt://host:port` or `mqtts://host:port`; without a port 1883 or 8883. */
  readonly url: string;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The session belongs to this name: it must stay the same, and two readers must not share it. */
  readonly clientId: string;
  /** How long the broker keeps messages while the reader is away (MQTT 5); 0 for no session at all. */
  readonly sessionExpirySeconds: number;
  /** Default 60. */
  readonly keepaliveSeconds?: number;
}

const KEEPALIVE_SECONDS = 60;
/** Messages the broker sends before the first is acknowledged: bounds what waits here. */
const RECEIVE_MAXIMUM = 100;
/** A sealed message has at most 200 KiB; a broker of version 5 keeps anything larger from us. */
const LARGEST_INCOMING_BYTES = 256 * 1024;

/** After this long without a word the broker is asked whether it is there; after one and a half times this it is gone. */
export function keepaliveSeconds(settings: BrokerSettings): number {
  return settings.keepaliveSeconds ?? KEEPALIVE_SECONDS;
}

/**
 * What MQTT.js is told for one attempt. TLS files are read anew each time, so that a renewed certificate needs no restart.
 * @throws TelpostError key.unreadable, or key.invalid when the files do not hold what they should
 */
export function mqttOptions(settings: BrokerSettings, protocol: Protocol): IClientOptions {
  const url = new URL(settings.url);
  const secure = url.protocol === "mqtts:";
  const properties = {
    sessionExpiryInterval: settings.sessionExpirySeconds,
    receiveMaximum: RECEIVE_MAXIMUM,
    maximumPacketSize: LARGEST_INCOMING_BYTES,
  };
  return {
    protocol: secure ? "mqtts" : "mqtt",
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || (secure ? 8883 : 1883)),
    protocolVersion: protocol === "5" ? 5 : 4,
    clientId: settings.clientId,
    clean: settings.sessionExpirySeconds === 0,
    keepalive: keepaliveSeconds(settings),
    connectTimeout: 20_000,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // The default provider gives an id twice once it wraps, and forgets the message that held it.
    messageIdProvider: new UniqueMessageIdProvider(),
    ...(protocol === "5" ? { properties } : {}),
    ...(secure ? readTls(settings) : {}),
  };
}

function readTls({ ca, cert, key }: BrokerSettings) {
  const material = {
    ...(ca ? { ca: readPem(ca) } : {}),
    ...(cert ? { cert: readPem(cert) } : {}),
    ...(key ? { key: readPem(key) } : {}),
  };
  try {
    createSecureContext(material);
  } catch (cause) {
    throw new TelpostError("key.invalid", "broker.ca, broker.cert or broker.key", { cause });
  }
  return { ...material, rejectUnauthorized: true };
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new TelpostError("key.unreadable", path, { cause });
  }
}
