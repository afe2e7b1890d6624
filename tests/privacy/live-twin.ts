import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import mqtt, { type MqttClient } from "mqtt";
import { LiveGateway } from "../kit/live-gateway.ts";
import { type Mosquitto, startPlainMosquitto } from "../kit/mosquitto.ts";
import { FakeDevice } from "../kit/pty.ts";
import { type Ended, telpost } from "../kit/telpost.ts";
import { until } from "../kit/until.ts";
import { linesOf } from "./people.ts";
import { filesBelow } from "./thief.ts";

/** A message as it came over the wire. */
export interface Heard {
  readonly topic: string;
  readonly payload: string;
  readonly atMs: number;
}

export const WINDOW_SECONDS = 3;

/** One gateway of real processes with a broker of its own, and somebody who listens to everything there. */
export class LiveTwin {
  readonly live = new LiveGateway();
  readonly heard: Heard[] = [];
  readonly gate = new FakeDevice();
  readonly turnstile = new FakeDevice();
  readonly camera = new FakeDevice();
  #broker: Mosquitto | undefined;
  #listener: MqttClient | undefined;

  /** @param lines more configuration of the broker */
  async start(lines: readonly string[] = []): Promise<void> {
    for (const device of [this.gate, this.turnstile, this.camera]) device.plug();
    this.#broker = await startPlainMosquitto(lines);
    const { port } = this.#broker;
    this.#listener = mqtt.connect({ host: "127.0.0.1", port, protocol: "mqtt", protocolVersion: 5 });
    this.#listener.on("message", (topic, payload) => {
      this.heard.push({ topic, payload: payload.toString("latin1"), atMs: Date.now() });
    });
    await this.#listener.subscribeAsync("#");
    const url = `url: "mqtt://127.0.0.1:${port}"`;
    const line = "{ id: exit, from: [-5, 0], to: [5, 0], in: left }";
    await this.live.prepare({
      broker: url,
      cityBroker: url,
      privacy: `profile: lab, flow: { windowSeconds: ${WINDOW_SECONDS} }`,
      sensors: [
        `id: gate, profile: generic-jsonl, port: ${this.gate.link}`,
        `id: turnstile, profile: generic-jsonl, port: ${this.turnstile.link}, sends: [totals], liveness: none`,
        `id: camera, profile: generic-jsonl, port: ${this.camera.link}, sends: [tracks], silentAfterSeconds: 600, lines: [${line}]`,
      ],
    });
    this.live.startForward("--log-level", "trace");
    const sense = this.live.startSense("--log-level", "trace");
    const isUp = () => sense.said("sensor.up").length === 3 && sense.said("handover.connected").length > 0;
    await until(isUp, "everything is up");
  }

  /** Of its broker. */
  get port(): number {
    return this.#broker?.port ?? 0;
  }

  get sealed(): Heard[] {
    return this.heard.filter(({ topic }) => topic.endsWith("/sealed"));
  }

  /** Waits for the message of the next window. */
  async nextWindow(): Promise<void> {
    const before = this.sealed.length;
    await until(() => this.sealed.length > before, "the next window");
  }

  /** Lets so many pass the gate until the open window holds them all: one that ends meanwhile parts them. */
  async crowd(passages: number): Promise<void> {
    const isThere = () => this.crashCopy().includes(`"in":${passages},`);
    while (!isThere()) {
      await this.nextWindow();
      const before = this.sealed.length;
      this.gate.send(Buffer.from(linesOf(passages)));
      await until(
        () => isThere() || this.sealed.length > before,
        "the crowd in the crash copy, or a new window",
      );
    }
  }

  /** What the crash copy holds now. */
  crashCopy(): string {
    return readFileSync(`${this.live.places.crash}/state`, "latin1");
  }

  /** Every file of the state folder with the hash of what is in it. */
  stateHashes(): string[] {
    const hash = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
    return filesBelow(this.live.places.state).map((path) => `${path} ${hash(path)}`);
  }

  /** Runs a command of the technician's at this gateway. */
  command(...args: string[]): Promise<Ended> {
    return telpost(args);
  }

  async dispose(): Promise<void> {
    await this.#listener?.endAsync(true);
    await this.live.dispose();
    for (const device of [this.gate, this.turnstile, this.camera]) device.dispose();
    await this.#broker?.stop();
  }
}
