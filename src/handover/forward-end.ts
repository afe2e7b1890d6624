import { createServer, type Server, type Socket } from "node:net";
import type { Clock, Timer } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { listenOnSocket } from "../base/listen.ts";
import type { Log } from "../base/log.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import { type FromForward, type FromSense, fromSense, PROTOCOL } from "./protocol.ts";

export type SenseHello = Extract<FromSense, { type: "hello" }>;
type Kept = Extract<FromSense, { type: "offer" | "event" }>;
export type Outcome = "kept" | "same_number_other_bytes" | "window_not_later";

/** What the forward end needs from the process around it. */
export interface ForwardEndHost {
  /** What sense must learn at a hello, without `type` and `version`. */
  memory(hello: SenseHello): Omit<Extract<FromForward, { type: "hello" }>, "type" | "version">;
  /** Commits all or throws a storage TelpostError; outcomes in order. */
  keep(items: readonly Kept[]): readonly Outcome[];
  onHello(hello: SenseHello): void;
  onSensors(sensors: Extract<FromSense, { type: "sensors" }>["sensors"]): void;
  onStopping(): void;
  /** Sense is gone, with or without a goodbye. */
  onGone(): void;
}

export interface ForwardEndOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly host: ForwardEndHost;
}

/** After a failed commit the same items are tried again; sense waits and keeps them meanwhile. */
const RETRY_MS = 1_000;
/** More than sense ever has on its way; beyond it the other side does not keep to the protocol. */
const MAX_PENDING = 256;

/** Forward's end of the handover: listens, checks, answers "kept" only after the commit. */
export class ForwardEnd {
  readonly #options: ForwardEndOptions;
  readonly #server: Server;
  #socket: Socket | undefined;
  #greeted = false;
  #pending: Kept[] = [];
  #retry: Timer | undefined;
  #failing = false;

  constructor(options: ForwardEndOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** @throws TelpostError handover.in_use when another forward listens on the path */
  async start(): Promise<void> {
    await listenOnSocket(this.#server, this.#options.path, 0o660, "handover.in_use");
  }

  /** True while sense is there and has said hello. */
  get connected(): boolean {
    return this.#greeted;
  }

  /** True while a commit is failing: sense keeps its windows meanwhile. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Passes a city key set on to sense, unread. */
  sendKeys(jws: string): void {
    if (this.#greeted) this.#send({ type: "keys", jws });
  }

  async stop(): Promise<void> {
    this.#retry?.cancel();
    this.#socket?.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    const { host } = this.#options;
    // A new connection wins: the old one belongs to a sense that died or hangs.
    this.#socket?.destroy();
    this.#reset();
    this.#socket = socket;
    const reader = new FrameReader<FromSense>(fromSense);
    socket.on("data", (chunk) => {
      if (socket !== this.#socket) return;
      try {
        for (const message of reader.push(chunk)) this.#take(message);
        this.#flush();
      } catch (failure) {
        this.#refuse(socket, failure);
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      if (socket !== this.#socket) return;
      if (this.#greeted) host.onGone();
      this.#reset();
    });
  }

  #reset(): void {
    this.#socket = undefined;
    this.#greeted = false;
    this.#pending = [];
    this.#retry?.cancel();
    this.#retry = undefined;
  }

  #send(message: FromForward): void {
    this.#socket?.write(encodeFrame(message));
  }

  #take(message: FromSense): void {
    const { host } = this.#options;
    if (!this.#greeted) return this.#greet(message);
    switch (message.type) {
      case "hello":
        throw new TelpostError("handover.protocol", "second hello");
      case "offer":
      case "event":
        if (this.#pending.length >= MAX_PENDING)
          throw new TelpostError("handover.protocol", "too many offers");
        this.#pending.push(message);
        break;
      case "sensors":
        host.onSensors(message.sensors);
        break;
      case "stopping":
        this.#flush();
        host.onStopping();
        break;
    }
  }

  #refuse(socket: Socket, failure: unknown): void {
    if (!(failure instanceof TelpostError)) throw failure;
    const fields = { code: failure.code, detail: failure.detail };
    if (failure.code === "handover.version") {
      this.#options.log.error("handover.version", fields);
      // The version alone, so that the other side can say so too.
      socket.end(encodeFrame({ type: "hello", version: PROTOCOL }));
      return;
    }
    this.#options.log.warn("handover.hostile", fields);
    socket.destroy();
  }

  #greet(message: FromSense): void {
    const { host, log } = this.#options;
    if (message.type !== "hello") throw new TelpostError("handover.protocol", "no hello");
    this.#greeted = true;
    log.info("handover.connected");
    this.#send({ type: "hello", version: PROTOCOL, ...host.memory(message) });
    host.onHello(message);
  }

  /** One commit for everything that has come, then the answers. */
  #flush(): void {
    if (this.#pending.length === 0 || this.#retry) return;
    const { host, log, clock } = this.#options;
    const items = this.#pending;
    try {
      const outcomes = host.keep(items);
      this.#pending = [];
      if (this.#failing) log.info("outbox.recovered");
      this.#failing = false;
      for (const [index, item] of items.entries()) this.#answer(item, outcomes[index] ?? "kept");
    } catch (failure) {
      if (!(failure instanceof TelpostError) || failure.kind !== "storage") throw failure;
      if (!this.#failing) log.error("outbox.write_failed", { code: failure.code, detail: failure.detail });
      this.#failing = true;
      this.#retry = clock.after("outbox retry", RETRY_MS, () => {
        this.#retry = undefined;
        this.#flush();
      });
    }
  }

  #answer(item: Kept, outcome: Outcome): void {
    if (item.type === "event")
      return this.#send({ type: "event_kept", epoch: item.epoch, number: item.number });
    const { epoch, seq } = item.message;
    if (outcome === "kept") return this.#send({ type: "kept", epoch, seq });
    this.#options.log.error("handover.refused", { epoch, seq, why: outcome });
    this.#send({ type: "refused", epoch, seq, why: outcome });
  }
}
