import { createServer, type Server, type Socket } from "node:net";
import type { Clock, Timer } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { withDeadline } from "../base/lifecycle.ts";
import { listenOnSocket } from "../base/listen.ts";
import type { Log } from "../base/log.ts";
import type { DeliveryState } from "../model.ts";
import { Complaints } from "./complaints.ts";
import { type ForwardEndHost, type Kept, type Outcome, type SenseHello, walkAnswer } from "./forward-host.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import {
  DELIVERY_SINCE_MINOR,
  type FromForward,
  type FromSense,
  fromSense,
  PROTOCOL,
  RESTART_SINCE_MINOR,
  WALKS_SINCE_MINOR,
} from "./protocol.ts";

export type { ForwardEndHost, Outcome, SenseHello };

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
/** A clean stop of sense takes a second or two; who does not go in this time was told too often, or hangs. */
const RESTART_MS = 12_000;
/** Far above the answers to all that is pending: who leaves more unread does not read. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/** Forward's end of the handover: listens, checks, answers "kept" only after the commit. */
export class ForwardEnd {
  readonly #options: ForwardEndOptions;
  readonly #server: Server;
  #socket: Socket | undefined;
  #greeted = false;
  /** Of sense: what it is too old for is not sent. */
  #minor = 0;
  #pending: Kept[] = [];
  #retry: Timer | undefined;
  #failing = false;
  readonly #complaints: Complaints;

  constructor(options: ForwardEndOptions) {
    this.#options = options;
    this.#complaints = new Complaints(options.log);
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
    if (this.#greeted && this.#reads()) this.#send({ type: "keys", jws });
  }

  /** Tells sense how delivery goes. */
  sendDelivery(state: DeliveryState): void {
    if (this.#greeted && this.#minor >= DELIVERY_SINCE_MINOR && this.#reads())
      this.#send({ type: "delivery", state });
  }

  /** Asks sense to end itself and be started again. Resolves when it is gone, does not understand, or does not go. */
  async restart(): Promise<void> {
    if (!this.#greeted || this.#minor < RESTART_SINCE_MINOR) return;
    const gone = new Promise<void>((resolve) => this.#socket?.once("close", () => resolve()));
    this.#send({ type: "restart" });
    await withDeadline(this.#options.clock, RESTART_MS, gone);
  }

  async stop(): Promise<void> {
    this.#drop();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    // A new connection wins: the old one belongs to a sense that died or hangs.
    this.#drop();
    this.#socket = socket;
    const reader = new FrameReader<FromSense>(fromSense);
    socket.on("data", (chunk) => {
      if (socket !== this.#socket) return;
      try {
        for (const message of reader.push(chunk)) this.#take(message);
        this.#flush();
      } catch (failure) {
        this.#refuse(failure);
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      if (socket === this.#socket) this.#drop();
    });
  }

  /** Ends the present connection, when there is one; what was not answered is still sense's. */
  #drop(lastWords?: Buffer): void {
    const socket = this.#socket;
    const greeted = this.#greeted;
    this.#reset();
    if (greeted) this.#options.host.onGone();
    if (!socket || !lastWords) return void socket?.destroy();
    socket.end(lastWords);
    socket.destroySoon();
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

  #reads(): boolean {
    return (this.#socket?.writableLength ?? 0) <= MAX_UNREAD_BYTES;
  }

  #take(message: FromSense): void {
    const { host } = this.#options;
    if (!this.#reads()) throw new TelpostError("handover.protocol", "reads no answers");
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
      case "walk":
        this.#flush();
        this.#send({ type: "walk", ...walkAnswer(host, message) });
        break;
      case "sensors":
        host.onSensors(message);
        break;
      case "about":
        host.onAbout(message.about);
        break;
      case "report":
        host.onReport(message.jws);
        break;
      case "keys":
        host.keepKeys(message.jws);
        break;
      case "stopping":
        this.#flush();
        host.onStopping();
        break;
    }
  }

  #refuse(failure: unknown): void {
    if (!(failure instanceof TelpostError)) throw failure;
    if (failure.kind === "storage") {
      this.#sayFailing(failure);
      return this.#drop();
    }
    this.#complaints.say(failure);
    // The version alone, so that the other side can say so too.
    const isOther = failure.code === "handover.version";
    this.#drop(isOther ? encodeFrame({ type: "hello", version: PROTOCOL }) : undefined);
  }

  #sayFailing({ code, detail }: TelpostError): void {
    if (!this.#failing) this.#options.log.error("outbox.write_failed", { code, detail });
    this.#failing = true;
  }

  #greet(message: FromSense): void {
    const { host, log } = this.#options;
    if (message.type !== "hello") throw new TelpostError("handover.protocol", "no hello");
    const memory = host.memory(message);
    host.onHello(message);
    this.#greeted = true;
    this.#minor = message.version.minor;
    this.#complaints.forget();
    log.info("handover.connected");
    this.#send({ type: "hello", version: PROTOCOL, ...memory });
    if (this.#minor >= WALKS_SINCE_MINOR) this.#send({ type: "walks", used: host.walkTests() });
    const keys = host.latestKeys();
    if (keys) this.sendKeys(keys);
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
      this.#sayFailing(failure);
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
