import mqtt, { type MqttClient } from "mqtt";
import { backoffMs } from "../base/backoff.ts";
import type { Clock, Timer } from "../base/clock.ts";
import { type ErrorCode, TelpostError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { type BrokerFailure, classifyEnding } from "./broker-failure.ts";
import { type BrokerSettings, mqttOptions, type Protocol } from "./broker-options.ts";

/** What the user of a connection does with it. */
export interface ConnectionUse {
  /** A client was made and has sent nothing yet: the place to install `handleMessage`. */
  readonly prepare?: (client: MqttClient) => void;
  /** The broker accepted the connection. */
  readonly up: (client: MqttClient) => void;
  /** It is gone, after `up` or without it; a new one is tried by itself. */
  readonly down: () => void;
}

export interface ConnectionParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform integer in [0, n). */
  readonly jitterBelow: (limit: number) => number;
}

const BACKOFF = { firstMs: 500, maxMs: 30_000 };
/** A connection that held this long starts the back-off anew when it is lost. */
const STABLE_MS = 60_000;
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * Keeps one connection to a broker for as long as it is not stopped: a new MQTT client for every attempt (MQTT.js's own
 * reconnecting replays one message per round trip and can hang), the same session, full jitter in between.
 */
export class BrokerConnection {
  readonly #settings: BrokerSettings;
  readonly #parts: ConnectionParts;
  readonly #use: ConnectionUse;
  #client: MqttClient | null = null;
  #protocol: Protocol = "5";
  /** MQTT 5 worked once: a restart of that broker must not end in 3.1.1. */
  #proven5 = false;
  #upSinceMs: number | null = null;
  #attempt = 0;
  #lastFailure = "";
  #retry: Timer | null = null;
  #stopped = false;

  constructor(settings: BrokerSettings, parts: ConnectionParts, use: ConnectionUse) {
    this.#settings = settings;
    this.#parts = parts;
    this.#use = use;
  }

  start(): void {
    this.#connect();
  }

  /** Something worked on this connection, so the next loss is retried soon. */
  progress(): void {
    this.#attempt = 0;
  }

  /** Drops the connection, which makes the broker deliver again what was not acknowledged, and tries anew after the back-off. */
  fail(code: ErrorCode, detail: string): void {
    if (this.#client) this.#down(this.#client, { code, detail, versionRefused: false });
  }

  /** Keeps a connection alive whose incoming side waits for a handler, and so cannot read the broker's answers to pings. */
  stayAlive(): void {
    if (this.#upSinceMs === null) return;
    this.#client?.sendPing();
    this.#client?.reschedulePing(true);
  }

  /** Ends it with DISCONNECT; the broker keeps the session. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#retry?.cancel();
    const client = this.#client;
    this.#client = null;
    this.#use.down();
    if (!client) return;
    // end(false) waits for every acknowledgement, also for one that never comes.
    for (const id of Object.keys(client.outgoing)) client.removeOutgoingMessage(Number(id));
    const timer = this.#parts.clock.after("receive.close", CLOSE_TIMEOUT_MS, () => client.stream.destroy());
    await new Promise<void>((resolve) => client.end(this.#upSinceMs === null, {}, () => resolve()));
    timer.cancel();
  }

  #connect(): void {
    let client: MqttClient;
    try {
      client = mqtt.connect(mqttOptions(this.#settings, this.#protocol));
    } catch (failure) {
      if (!(failure instanceof TelpostError)) throw failure;
      this.#again({ code: failure.code, detail: failure.detail, versionRefused: false });
      return;
    }
    this.#client = client;
    this.#upSinceMs = null;
    this.#use.prepare?.(client);
    client.on("connect", (packet) => this.#connected(client, packet.sessionPresent));
    let disconnectReason: number | undefined;
    client.on("disconnect", (packet) => {
      disconnectReason = packet.reasonCode ?? 0;
    });
    // Every error is fatal: after one in the parser the client stays "connected" and deaf.
    client.on("error", (error) => this.#ended(client, error, disconnectReason));
    client.on("close", () => this.#ended(client, undefined, disconnectReason));
  }

  #connected(client: MqttClient, resumed: boolean): void {
    if (client !== this.#client) return;
    const protocol = this.#protocol;
    this.#proven5 ||= protocol === "5";
    this.#upSinceMs = this.#parts.clock.monotonic();
    this.#lastFailure = "";
    this.#parts.log.info("receive.connected", { url: this.#settings.url, protocol, resumed });
    this.#use.up(client);
  }

  #ended(client: MqttClient, error: unknown, disconnectReason: number | undefined): void {
    const wasUp = client === this.#client && this.#upSinceMs !== null;
    this.#down(client, classifyEnding({ error, disconnectReason, wasUp }));
  }

  #down(client: MqttClient, failure: BrokerFailure): void {
    if (client !== this.#client || this.#stopped) return;
    this.#client = null;
    client.end(true);
    const heldMs = this.#upSinceMs === null ? 0 : this.#parts.clock.monotonic() - this.#upSinceMs;
    if (failure.versionRefused && !this.#proven5) this.#protocol = this.#protocol === "5" ? "3.1.1" : "5";
    if (heldMs > STABLE_MS) this.#attempt = 0;
    this.#upSinceMs = null;
    this.#use.down();
    this.#again(failure);
  }

  #again({ code, detail }: BrokerFailure): void {
    const { clock, log, jitterBelow } = this.#parts;
    // A failure that lasts is told once.
    if (this.#lastFailure !== `${code} ${detail}`) log.warn("receive.lost", { code, detail });
    this.#lastFailure = `${code} ${detail}`;
    const waitMs = backoffMs(BACKOFF, this.#attempt++, jitterBelow);
    this.#retry = clock.after("receive.reconnect", waitMs, () => this.#connect());
  }
}
