import type { MqttClient } from "mqtt";
import type { Timer } from "../base/clock.ts";
import { errorLine } from "../base/errors.ts";
import { topics } from "../contract/topics.ts";
import type { PendingAck } from "./acks.ts";
import { type BrokerSettings, keepaliveSeconds } from "./broker-options.ts";
import { BrokerConnection, type ConnectionParts } from "./connection.ts";
import type { Reader } from "./reader.ts";
import { topicsOf } from "./topics-of.ts";

export interface MqttReaderOptions extends ConnectionParts {
  readonly broker: BrokerSettings;
  readonly tenant: string;
  readonly reader: Reader;
}

const LEAVES = ["sealed", "event", "status", "health", "privacy"] as const;
const ACK_EVERY_MS = 500;
const ACK_AT = 256;
/** Acknowledgements on their way: more wait in the reader, where they grow together into ranges. */
const MOST_ACKS_OUT = 100;
const TICK_MS = 5_000;

/**
 * Connects a reader to a broker: a persistent session, subscriptions with QoS 1, and a PUBACK only after the handlers
 * resolved. MQTT.js sends the PUBACK from the callback of `handleMessage` and reads nothing more before it
 * (lib/handlers/publish.js), so messages come one at a time and the broker holds the rest.
 */
export class MqttReader {
  readonly #options: MqttReaderOptions;
  readonly #connection: BrokerConnection;
  #client: MqttClient | null = null;
  #handling: Promise<void> = Promise.resolve();
  #stopping = false;
  #acksOut = 0;
  #ackTimer: Timer | null = null;
  #ticker: Timer | null = null;
  #aliveTimer: Timer | null = null;

  constructor(options: MqttReaderOptions) {
    this.#options = options;
    this.#connection = new BrokerConnection(options.broker, options, {
      prepare: (client) => this.#install(client),
      up: (client) => this.#up(client),
      down: () => {
        this.#client = null;
      },
    });
  }

  start(): void {
    this.#connection.start();
    this.#tickLater();
  }

  /** Waits for the handler that runs, sends the acknowledgements that wait, and leaves; the session stays with the broker. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#ticker?.cancel();
    await this.#handling;
    this.#sendAcks();
    await this.#acksSent();
    await this.#connection.stop();
    this.#ackTimer?.cancel();
    this.#aliveTimer?.cancel();
  }

  #install(client: MqttClient): void {
    client.handleMessage = (packet, callback) => {
      // Called back with an error, MQTT.js reads on and sends no PUBACK: the broker keeps the message.
      if (this.#stopping) return callback(new Error("stopping"));
      const payload = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
      this.#handling = this.#handle(packet.topic, payload, () => callback());
    };
  }

  async #handle(topic: string, payload: Uint8Array, acknowledge: () => void): Promise<void> {
    this.#stayAliveLater();
    try {
      const { result } = await this.#options.reader.receive(topic, payload);
      // A message that fails again and again must not reset the back-off by its harmless neighbours.
      if (result === "handled") this.#connection.progress();
      acknowledge();
    } catch (failure) {
      this.#connection.fail("receive.handler", errorLine(failure));
    } finally {
      this.#aliveTimer?.cancel();
    }
    if (this.#options.reader.acksWaiting() >= ACK_AT) this.#sendAcks();
    else this.#acksLater();
  }

  #up(client: MqttClient): void {
    this.#client = client;
    this.#acksOut = 0;
    const everyGateway = topics({ tenant: this.#options.tenant, site: "+", gateway: "+" });
    const filters = LEAVES.map((leaf) => everyGateway[leaf]);
    client.subscribe(filters, { qos: 1 }, (error, granted) => {
      if (this.#client !== client) return;
      if (error || granted?.some(({ qos }) => qos !== 1)) {
        this.#connection.fail("broker.denied", "subscription");
      } else this.#options.log.info("receive.subscribed");
    });
    this.#acksLater();
  }

  #stayAliveLater(): void {
    this.#aliveTimer?.cancel();
    const everyMs = keepaliveSeconds(this.#options.broker) * 500;
    this.#aliveTimer = this.#options.clock.after("receive.alive", everyMs, () => {
      this.#connection.stayAlive();
      this.#stayAliveLater();
    });
  }

  #tickLater(): void {
    this.#ticker = this.#options.clock.after("receive.tick", TICK_MS, () => {
      // What could not be told is tried again with the next tick.
      const failed = (failure: unknown) =>
        this.#options.log.warn("receive.lost", { code: "receive.handler", detail: errorLine(failure) });
      this.#options.reader.tick().catch(failed);
      this.#tickLater();
    });
  }

  #acksLater(): void {
    if (this.#ackTimer || this.#stopping || this.#options.reader.acksWaiting() === 0) return;
    this.#ackTimer = this.#options.clock.after("receive.ack", ACK_EVERY_MS, () => this.#sendAcks());
  }

  #sendAcks(): void {
    this.#ackTimer?.cancel();
    this.#ackTimer = null;
    const client = this.#client;
    if (!client || this.#acksOut >= MOST_ACKS_OUT) return;
    for (const pending of this.#options.reader.takeAcks()) this.#sendAck(client, pending);
  }

  /** One that gets lost costs a repetition: the gateway sends the message again and it is acknowledged as a duplicate. */
  #sendAck(client: MqttClient, { gateway, ack }: PendingAck): void {
    this.#acksOut++;
    client.publish(topicsOf(gateway).ack, JSON.stringify(ack), { qos: 1 }, (error) => {
      if (this.#client !== client) return;
      this.#acksOut--;
      this.#acksLater();
      if (error) this.#options.log.warn("receive.ack_failed", { gateway, detail: error.message });
    });
  }

  /** The acknowledgements are out, or a second has passed. */
  #acksSent(): Promise<void> {
    const { clock } = this.#options;
    const look = (left: number, resolve: () => void) => {
      if (this.#acksOut === 0 || !this.#client || left === 0) resolve();
      else clock.after("receive.acks_sent", 20, () => look(left - 1, resolve));
    };
    return new Promise((resolve) => look(50, resolve));
  }
}
