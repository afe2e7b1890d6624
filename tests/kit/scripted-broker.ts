import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import mqttPacket, { type IConnectPacket, type IPublishPacket, type Packet } from "mqtt-packet";

/** What the broker does with a publish: a PUBACK code, or something worse. */
export type Answer = number | "drop" | "close" | { readonly afterMs: number; readonly code: number };

/** How a scripted broker behaves; every part may be changed while it runs. */
export interface Script {
  /** Answer to CONNECT: a code (0 accepts), `close` without an answer, `mute` for TCP and nothing more. */
  connect: (packet: IConnectPacket) => number | "close" | "mute";
  /** Answer to a publish. */
  publish: (packet: IPublishPacket, connection: number) => Answer;
  /** Sent in CONNACK on MQTT 5. */
  receiveMaximum?: number;
  /** Topics of retained messages that come with the SUBACK, in one segment. */
  retained?: readonly string[];
  /** Answers nothing at all, not even a ping, while true. */
  halfOpen: boolean;
}

export interface Received {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
  readonly late: boolean;
  readonly contentType: string | undefined;
  readonly expirySeconds: number | undefined;
  /** From 1. */
  readonly connection: number;
}

/** A broker that does what a test tells it: odd codes, silence, half-open connections. Speaks MQTT 5 and 3.1.1. */
export interface ScriptedBroker {
  readonly port: number;
  readonly script: Script;
  readonly received: Received[];
  readonly connects: IConnectPacket[];
  readonly subscribed: string[];
  /** Publishes not yet answered, the most at a time. */
  readonly mostInFlight: () => number;
  /** DISCONNECT packets that came. */
  readonly disconnects: () => number;
  send(topic: string, payload: string): void;
  /** Cuts every connection. */
  cut(): void;
  stop(): Promise<void>;
}

export async function startScriptedBroker(changes: Partial<Script> = {}): Promise<ScriptedBroker> {
  const script: Script = { connect: () => 0, publish: () => 0, halfOpen: false, ...changes };
  const sessions = new Set<Session>();
  const state: State = {
    script,
    received: [],
    connects: [],
    subscribed: [],
    mostInFlight: 0,
    disconnects: 0,
  };
  let connections = 0;
  const server = createServer((socket) => {
    const session = new Session(socket, ++connections, state);
    sessions.add(session);
    socket.once("close", () => sessions.delete(session));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("no port");
  const cut = () => {
    for (const session of sessions) session.cut();
  };
  return {
    port: address.port,
    ...state,
    mostInFlight: () => state.mostInFlight,
    disconnects: () => state.disconnects,
    send: (topic, payload) => {
      for (const session of sessions) session.send(topic, payload);
    },
    cut,
    async stop() {
      server.close();
      cut();
      await once(server, "close");
    },
  };
}

interface State {
  readonly script: Script;
  readonly received: Received[];
  readonly connects: IConnectPacket[];
  readonly subscribed: string[];
  mostInFlight: number;
  disconnects: number;
}

class Session {
  readonly #socket: Socket;
  readonly #number: number;
  readonly #state: State;
  #version = 4;
  #inFlight = 0;
  #nextId = 1;

  constructor(socket: Socket, number: number, state: State) {
    this.#socket = socket;
    this.#number = number;
    this.#state = state;
    const parser = mqttPacket.parser();
    parser.on("packet", (packet) => this.#packet(packet));
    parser.on("error", () => socket.destroy());
    socket.on("data", (bytes) => parser.parse(bytes));
    socket.on("error", () => socket.destroy());
  }

  send(topic: string, payload: string, retain = false): void {
    this.#write({
      cmd: "publish",
      topic,
      payload,
      qos: 1,
      retain,
      dup: false,
      messageId: this.#nextId++,
    });
  }

  cut(): void {
    this.#socket.destroy();
  }

  #packet(packet: Packet): void {
    if (this.#state.script.halfOpen) return;
    if (packet.cmd === "connect") this.#connect(packet);
    if (packet.cmd === "publish") this.#publish(packet);
    if (packet.cmd === "pingreq") this.#write({ cmd: "pingresp" });
    if (packet.cmd === "disconnect") this.#state.disconnects += 1;
    if (packet.cmd !== "subscribe") return;
    this.#state.subscribed.push(...packet.subscriptions.map(({ topic }) => topic));
    this.#socket.cork();
    this.#write({
      cmd: "suback",
      messageId: packet.messageId ?? 0,
      granted: packet.subscriptions.map(() => 1),
    });
    for (const topic of this.#state.script.retained ?? []) this.send(topic, "{}", true);
    this.#socket.uncork();
  }

  #connect(packet: IConnectPacket): void {
    this.#state.connects.push(packet);
    this.#version = packet.protocolVersion ?? 4;
    const answer = this.#state.script.connect(packet);
    if (answer === "mute") return;
    if (answer === "close") {
      this.cut();
      return;
    }
    const { receiveMaximum } = this.#state.script;
    const properties = this.#version === 5 && receiveMaximum ? { properties: { receiveMaximum } } : {};
    this.#write({
      cmd: "connack",
      sessionPresent: false,
      returnCode: answer,
      reasonCode: answer,
      ...properties,
    });
    if (answer !== 0) this.#socket.end();
  }

  #publish(packet: IPublishPacket): void {
    const { topic, payload, retain, properties } = packet;
    const user = properties?.userProperties as { late?: string } | undefined;
    this.#state.received.push({
      topic,
      payload: payload.toString(),
      retain,
      late: user?.late === "true",
      contentType: properties?.contentType,
      expirySeconds: properties?.messageExpiryInterval,
      connection: this.#number,
    });
    this.#inFlight += 1;
    this.#state.mostInFlight = Math.max(this.#state.mostInFlight, this.#inFlight);
    const answer = this.#state.script.publish(packet, this.#number);
    const id = packet.messageId ?? 0;
    if (answer === "close") this.cut();
    else if (answer === "drop") return;
    else if (typeof answer === "number") this.#puback(id, answer);
    else setTimeout(() => this.#puback(id, answer.code), answer.afterMs);
  }

  /** Written by hand, so that any code is possible (MQTT 5, section 3.4). */
  #puback(id: number, code: number): void {
    this.#inFlight -= 1;
    const body = this.#version === 5 && code !== 0 ? [id >> 8, id & 255, code] : [id >> 8, id & 255];
    if (!this.#socket.destroyed) this.#socket.write(Buffer.from([0x40, body.length, ...body]));
  }

  #write(packet: Packet): void {
    if (!this.#socket.destroyed)
      this.#socket.write(mqttPacket.generate(packet, { protocolVersion: this.#version }));
  }
}
