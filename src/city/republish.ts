import type { MqttClient } from "mqtt";
import { backoffMs } from "../base/backoff.ts";
import { sleep } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import type { ReadWindowsMessage } from "../contract/windows.ts";
import { BrokerConnection, type ConnectionParts } from "./connection.ts";
import type { WindowsMeta } from "./handlers.ts";
import { recordObject } from "./ndjson.ts";
import { topicsOf } from "./topics-of.ts";

const ACK_TIMEOUT_MS = 20_000;
const RETRY = { firstMs: 500, maxMs: 30_000 };
/** Below the receive maximum that brokers advertise (Mosquitto: 20), which MQTT.js does not look at. */
const AT_ONCE = 16;

/**
 * Puts records as JSON on the city's own broker, one message each with QoS 1, on
 * `telpost/v1/<tenant>/<site>/<gateway>/records/<sensor>`. These are numbers in the clear: a broker beside the reader only.
 */
export class Republisher {
  readonly #parts: ConnectionParts;
  readonly #connection: BrokerConnection;
  readonly #stopping = new AbortController();
  #client: MqttClient | null = null;
  /** Wakes what waits for the connection to come up, or to go down. */
  #changed: (() => void)[] = [];

  constructor(url: string, parts: ConnectionParts, clientId: string) {
    this.#parts = parts;
    const use = {
      up: (client: MqttClient) => this.#use(client),
      down: () => this.#use(null),
    };
    this.#connection = new BrokerConnection({ url, clientId, sessionExpirySeconds: 0 }, parts, use);
  }

  start(): void {
    this.#connection.start();
  }

  /** Makes every `publish` that still waits reject. */
  giveUp(): void {
    this.#stopping.abort();
    this.#use(null);
  }

  async stop(): Promise<void> {
    this.giveUp();
    await this.#connection.stop();
  }

  /**
   * Resolves when the broker acknowledged every record, however long that takes.
   * @throws TelpostError receive.handler when it is stopped first
   */
  async publish({ end, records }: ReadWindowsMessage, meta: WindowsMeta): Promise<void> {
    const { root } = topicsOf(meta.gateway);
    for (let at = 0; at < records.length; at += AT_ONCE) {
      const some = records.slice(at, at + AT_ONCE);
      await Promise.all(
        some.map((record) =>
          this.#send(`${root}/records/${record.sensor}`, JSON.stringify(recordObject(record, end, meta))),
        ),
      );
    }
  }

  async #send(topic: string, payload: string): Promise<void> {
    const { clock, jitterBelow, log } = this.#parts;
    for (let attempt = 0; !this.#stopping.signal.aborted; attempt++) {
      const client = await this.#whenUp();
      if (!client) break;
      const problem = await this.#tryOnce(client, topic, payload);
      if (problem === null) return this.#connection.progress();
      log.warn("receive.republish_waiting", { topic, detail: problem });
      await sleep(clock, backoffMs(RETRY, attempt, jitterBelow), this.#stopping.signal, "receive.republish");
    }
    throw new TelpostError("receive.handler", "stopped before the records were republished");
  }

  /** Null when acknowledged, else what went wrong. */
  #tryOnce(client: MqttClient, topic: string, payload: string): Promise<string | null> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.after("receive.republish_ack", ACK_TIMEOUT_MS, () => {
        this.#connection.fail("broker.timeout", "no acknowledgement");
      });
      const end = (problem: string | null) => {
        timer.cancel();
        resolve(problem);
      };
      this.#changed.push(() => end("connection lost"));
      client.publish(topic, payload, { qos: 1 }, (error) => end(error ? error.message : null));
    });
  }

  #whenUp(): Promise<MqttClient | null> {
    if (this.#stopping.signal.aborted) return Promise.resolve(null);
    if (this.#client) return Promise.resolve(this.#client);
    return new Promise((resolve) => this.#changed.push(() => resolve(this.#whenUp())));
  }

  #use(client: MqttClient | null): void {
    this.#client = client;
    const waiting = this.#changed;
    this.#changed = [];
    for (const wake of waiting) wake();
  }
}
