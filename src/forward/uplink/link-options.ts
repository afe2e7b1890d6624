import { createSecureContext } from "node:tls";
import { type IClientOptions, UniqueMessageIdProvider } from "mqtt";
import { TelpostError } from "../../base/errors.ts";
import { type ReadOptions, readPrivateText, readPublicText } from "../../base/key-file.ts";
import type { Protocol } from "./protocol-choice.ts";

/** Paths of PEM files, resolved. */
export interface TlsFiles extends ReadOptions {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface LinkSettings {
  /** `mqtt://host:port` or `mqtts://host:port`; without a port 1883 or 8883. */
  readonly url: string;
  readonly protocol: Protocol;
  readonly clientId: string;
  readonly keepaliveSeconds: number;
  readonly tls: TlsFiles;
  /** Retained on `topic` when the connection is lost. */
  readonly will: { readonly topic: string; readonly payload: string };
}

const SESSION_SECONDS = 60;
/** A reconnect within this time shows nothing to the city. */
const WILL_DELAY_SECONDS = 30;
const RECEIVE_MAXIMUM = 100;
/** The largest thing that comes in is a city key set of 64 KiB. */
const LARGEST_INCOMING_BYTES = 256 * 1024;

/**
 * What MQTT.js is told for one attempt. TLS files are read anew each time, so that a renewed certificate needs no restart.
 * @throws TelpostError key.unreadable, key.too_open, or key.invalid when the files do not hold what they should
 */
export function mqttOptions(settings: LinkSettings): IClientOptions {
  const url = new URL(settings.url);
  const secure = url.protocol === "mqtts:";
  const five = settings.protocol === "5";
  return {
    protocol: secure ? "mqtts" : "mqtt",
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || (secure ? 8883 : 1883)),
    protocolVersion: five ? 5 : 4,
    clientId: settings.clientId,
    clean: true,
    keepalive: settings.keepaliveSeconds,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // The default provider gives an id twice once it wraps, and forgets the message that held it.
    messageIdProvider: new UniqueMessageIdProvider(),
    ...(five ? { properties: connectProperties() } : {}),
    will: {
      ...settings.will,
      payload: Buffer.from(settings.will.payload),
      qos: 1,
      retain: true,
      ...(five
        ? { properties: { willDelayInterval: WILL_DELAY_SECONDS, contentType: "application/json" } }
        : {}),
    },
    ...(secure ? readTls(settings.tls) : {}),
  };
}

function connectProperties() {
  return {
    sessionExpiryInterval: SESSION_SECONDS,
    receiveMaximum: RECEIVE_MAXIMUM,
    maximumPacketSize: LARGEST_INCOMING_BYTES,
  };
}

function readTls(files: TlsFiles) {
  const material = {
    ...(files.ca ? { ca: readPublicText(files.ca) } : {}),
    ...(files.cert ? { cert: readPublicText(files.cert) } : {}),
    ...(files.key ? { key: readPrivateText(files.key, files) } : {}),
  };
  try {
    createSecureContext(material);
  } catch (cause) {
    throw new TelpostError("key.invalid", "broker.ca, broker.cert or broker.key", { cause });
  }
  return { ...material, rejectUnauthorized: true };
}
