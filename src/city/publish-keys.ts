import type { MqttClient } from "mqtt";
import type { Timer } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import type { BrokerSettings } from "./broker-options.ts";
import { BrokerConnection, type ConnectionParts } from "./connection.ts";
import { topicsOf } from "./topics-of.ts";

export interface PublishKeysOptions extends ConnectionParts {
  readonly broker: BrokerSettings;
  /** `tenant/site/gateway` of each. */
  readonly gateways: readonly string[];
  /** The signed set. */
  readonly jws: string;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/** Without a word from the broker for so long it is given up. */
const SILENCE_MS = 30_000;
/** Sent and not yet seen: bounds what waits in memory. */
const MOST_OUT = 200;

/**
 * Puts a key set on the topic `keys` of gateways, retained. A gateway counts when its message came back from the broker,
 * for on MQTT 3.1.1 a denied publish is acknowledged like any other.
 * @throws TelpostError key.not_published
 */
export async function publishKeys(options: PublishKeysOptions): Promise<void> {
  const { broker, signal } = options;
  // Its own name and no session: the reader goes on beside it.
  const settings = { ...broker, clientId: `${broker.clientId}-keys`, sessionExpirySeconds: 0 };
  const round = new Round(options);
  const connection = new BrokerConnection(settings, options, {
    up: (client) => round.begin(client),
    down: () => {},
  });
  signal.addEventListener("abort", () => round.fail(new TelpostError("key.not_published", "stopped")));
  connection.start();
  try {
    await round.done;
  } finally {
    round.end();
    await connection.stop();
  }
}

/** One try after the other, until every gateway's message came back. */
class Round {
  readonly #options: PublishKeysOptions;
  /** Topics whose message has not come back. */
  readonly #missing: Set<string>;
  readonly done: Promise<void>;
  #resolve: () => void = () => {};
  #reject: (failure: TelpostError) => void = () => {};
  #timer: Timer;
  #waiting: string[] = [];
  #out = new Set<string>();

  constructor(options: PublishKeysOptions) {
    this.#options = options;
    this.#missing = new Set(options.gateways.map((name) => topicsOf(name).keys));
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timer = this.#silence();
    if (this.#missing.size === 0) this.#resolve();
  }

  begin(client: MqttClient): void {
    this.#waiting = [...this.#missing];
    this.#out.clear();
    client.on("message", (topic, payload) => this.#heard(client, topic, payload.toString("latin1")));
    client.subscribe(this.#waiting.length === 1 ? this.#waiting : this.#filter(), { qos: 1 }, (error) => {
      if (error)
        this.fail(new TelpostError("key.not_published", "the broker denies reading telpost/v1/TENANT/#"));
      else this.#send(client);
    });
  }

  fail(failure: TelpostError): void {
    this.#reject(failure);
  }

  end(): void {
    this.#timer.cancel();
  }

  #filter(): string {
    const [tenant] = this.#options.gateways[0]?.split("/") ?? [];
    return topicsOf(`${tenant}/+/+`).keys;
  }

  #send(client: MqttClient): void {
    while (this.#out.size < MOST_OUT) {
      const topic = this.#waiting.shift();
      if (!topic) return;
      this.#out.add(topic);
      client.publish(topic, this.#options.jws, { qos: 1, retain: true }, (error) => {
        // Only a refusal has a code here; a lost connection is tried again.
        if (error && "code" in error && typeof error.code === "number")
          this.fail(new TelpostError("key.not_published", `the broker denies writing ${topic}`));
      });
    }
  }

  #heard(client: MqttClient, topic: string, text: string): void {
    if (text !== this.#options.jws || !this.#missing.delete(topic)) return;
    this.#out.delete(topic);
    this.#timer.cancel();
    this.#timer = this.#silence();
    if (this.#missing.size === 0) this.#resolve();
    else this.#send(client);
  }

  #silence(): Timer {
    return this.#options.clock.after("keys.publish", SILENCE_MS, () => {
      const [first] = this.#missing;
      const detail = `${this.#missing.size} of ${this.#options.gateways.length} gateways missing, such as ${first}`;
      this.fail(new TelpostError("key.not_published", detail));
    });
  }
}
