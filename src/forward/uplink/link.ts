import mqtt, { type IConnackPacket, type IPublishPacket, type MqttClient } from "mqtt";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Asked } from "../ports.ts";
import { classify, type Failure } from "./classify.ts";
import { type LinkSettings, mqttOptions } from "./link-options.ts";
import type { Protocol } from "./protocol-choice.ts";

/** One message on its way out, QoS 1. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
  readonly contentType: "application/jose" | "application/json";
  /** MQTT 5 message expiry interval. */
  readonly expirySeconds?: number;
  /** MQTT 5 user property `late=true`: from the backlog. */
  readonly late?: boolean;
  /** MQTT 5 correlation data: which asking it answers. */
  readonly correlation?: Uint8Array;
}

/** One message as it came in, unread. */
export type Incoming = Omit<Asked, "name"> & { readonly topic: string };

/** A connection that is up. It dies once, and every promise and callback of it ends or stays silent then. */
export interface Link {
  readonly protocol: Protocol;
  /** How many messages the broker takes before it acknowledges one (MQTT 5, section 3.2.2.3.3). */
  readonly receiveMaximum: number;
  /** Calls `acknowledged` once with the reason code of the PUBACK (0 on MQTT 3.1.1); never when the connection dies first. */
  publish(message: Outgoing, acknowledged: (reasonCode: number) => void): void;
  /** Calls `done` with the first reason code >= 0x80, or with 0. */
  subscribe(topics: readonly string[], done: (reasonCode: number) => void): void;
  /** Sends DISCONNECT, so that the broker drops the will, and closes. */
  close(): void;
}

export interface LinkEvents {
  up(link: Link): void;
  /** The connection failed or ended: called exactly once, also after `close`. */
  down(failure: Failure): void;
  message(incoming: Incoming): void;
}

export interface LinkContext {
  readonly clock: Clock;
  readonly clockSynced: () => boolean;
}

/** No CONNACK within this: the broker does not answer. */
const CONNECT_TIMEOUT_MS = 20_000;
/** No PUBACK or SUBACK within this: the connection is dead, whatever TCP says. */
export const ACK_TIMEOUT_MS = 20_000;
const CLOSE_TIMEOUT_MS = 1_000;
const MOST_IN_FLIGHT = 65_535;

/**
 * One connection with a MqttClient of its own. MQTT.js never reconnects, resubscribes or replays here: its replay sends one
 * message per round trip, loses publishes made meanwhile and repeats a poison message for ever.
 * @throws TelpostError key.unreadable or key.invalid; nothing was started then
 */
export function openLink(
  settings: LinkSettings,
  context: LinkContext,
  events: LinkEvents,
): { abort(): void } {
  const client = mqtt.connect(mqttOptions(settings));
  const connection = new Connection(client, { protocol: settings.protocol, ...context, events });
  return {
    abort: () => connection.die({ code: "broker.closed", detail: "stopped", protocolRefused: false }),
  };
}

interface ConnectionParts extends LinkContext {
  readonly protocol: Protocol;
  readonly events: LinkEvents;
}

interface Pending {
  readonly sinceMs: number;
  readonly settled: (reasonCode: number) => void;
}

class Connection implements Link {
  readonly protocol: Protocol;
  receiveMaximum = MOST_IN_FLIGHT;
  readonly #client: MqttClient;
  readonly #parts: ConnectionParts;
  /** By packet id, oldest first. */
  readonly #pending = new Map<number, Pending>();
  #up = false;
  #dead = false;
  #closing = false;
  #disconnectReason: number | undefined;
  #timer: Timer;

  constructor(client: MqttClient, parts: ConnectionParts) {
    this.#client = client;
    this.#parts = parts;
    this.protocol = parts.protocol;
    this.#timer = parts.clock.after("uplink.connect", CONNECT_TIMEOUT_MS, () => this.#timedOut("no CONNACK"));
    client.on("connect", (packet) => this.#connected(packet));
    client.on("message", (topic, payload, packet) => {
      if (!this.#dead) parts.events.message(incoming(topic, payload, packet));
    });
    // Here a packet id is still taken: MQTT.js gives it to the next message before it calls back, which is then answered in
    // the place of this one. And only here is 0x10 visible: the publish callback hides it.
    client.on("packetreceive", (packet) => {
      if (packet.cmd === "puback") this.#acknowledged(packet.messageId ?? 0, packet.reasonCode ?? 0);
      if (packet.cmd === "suback") this.#acknowledged(packet.messageId ?? 0, refusalOf(packet.granted));
    });
    client.on("disconnect", (packet) => {
      this.#disconnectReason = packet.reasonCode ?? 0;
      this.#ended(undefined);
    });
    // Every error is fatal: after one in the parser the client stays "connected" and deaf.
    client.on("error", (error) => this.#ended(error));
    client.on("close", () => this.#ended(undefined));
  }

  publish(message: Outgoing, acknowledged: (reasonCode: number) => void): void {
    if (this.#dead || this.#closing) return;
    const { topic, payload, retain, contentType, expirySeconds, late, correlation } = message;
    const properties = {
      contentType,
      ...(expirySeconds === undefined ? {} : { messageExpiryInterval: expirySeconds }),
      ...(late ? { userProperties: { late: "true" } } : {}),
      ...(correlation ? { correlationData: Buffer.from(correlation) } : {}),
    };
    const five = this.protocol === "5" ? { properties } : {};
    this.#client.publish(topic, payload, { qos: 1, retain, ...five });
    this.#await(this.#client.getLastMessageId(), acknowledged);
  }

  subscribe(topics: readonly string[], done: (reasonCode: number) => void): void {
    if (this.#dead || this.#closing) return;
    // Retain as published, so that a retained command shows as what it is also when it comes at once.
    this.#client.subscribe([...topics], { qos: 1, rap: true }, () => {});
    this.#await(this.#client.getLastMessageId(), done);
  }

  close(): void {
    if (this.#dead || this.#closing) return;
    this.#closing = true;
    // end(false) waits for every acknowledgement, so what is still out is forgotten first; nothing of it was settled.
    for (const id of this.#pending.keys()) this.#client.removeOutgoingMessage(id);
    this.#pending.clear();
    this.#timer.cancel();
    this.#timer = this.#parts.clock.after("uplink.close", CLOSE_TIMEOUT_MS, () =>
      this.#client.stream.destroy(),
    );
    this.#client.end(false);
  }

  /** Ends it now, without DISCONNECT: the broker publishes the will. */
  die(failure: Failure): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#timer.cancel();
    this.#pending.clear();
    if (!this.#closing) this.#client.end(true);
    this.#parts.events.down(failure);
  }

  #connected(packet: IConnackPacket): void {
    if (this.#dead || this.#up) return;
    this.#up = true;
    this.#timer.cancel();
    this.receiveMaximum = packet.properties?.receiveMaximum ?? MOST_IN_FLIGHT;
    this.#parts.events.up(this);
  }

  #await(id: number, settled: (reasonCode: number) => void): void {
    this.#pending.set(id, { sinceMs: this.#parts.clock.monotonic(), settled });
    if (this.#pending.size === 1) this.#watch();
  }

  #acknowledged(id: number, reasonCode: number): void {
    const pending = this.#pending.get(id);
    if (!pending || this.#dead) return;
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#timer.cancel();
    pending.settled(reasonCode);
  }

  /** One timer for all acknowledgements: it looks at the oldest, and again when that one was younger than it thought. */
  #watch(): void {
    this.#timer.cancel();
    const [oldest] = this.#pending.values();
    if (!oldest) return;
    const { clock } = this.#parts;
    const restMs = oldest.sinceMs + ACK_TIMEOUT_MS - clock.monotonic();
    if (restMs <= 0) this.#timedOut("no acknowledgement");
    else this.#timer = clock.after("uplink.ack", restMs, () => this.#watch());
  }

  #timedOut(detail: string): void {
    this.die({ code: "broker.timeout", detail, protocolRefused: false });
  }

  #ended(error: unknown): void {
    const { clock, clockSynced } = this.#parts;
    const ending = { error, disconnectReason: this.#disconnectReason, wasUp: this.#up };
    this.die(classify({ ...ending, clockSynced: clockSynced(), nowMs: clock.realtime() }));
  }
}

/** The first reason code of a SUBACK that refuses, or 0. */
function refusalOf(granted: readonly unknown[]): number {
  return granted.map(Number).find((code) => code >= 0x80) ?? 0;
}

function incoming(topic: string, payload: Uint8Array, packet: IPublishPacket): Incoming {
  const { messageExpiryInterval, responseTopic, correlationData } = packet.properties ?? {};
  return {
    topic,
    payload,
    retained: packet.retain,
    repeated: packet.dup,
    expirySeconds: messageExpiryInterval ?? null,
    responseTopic: responseTopic ?? null,
    correlation: correlationData ?? null,
  };
}
