import { connect, type Socket } from "node:net";
import { type BackoffPolicy, backoffMs } from "../base/backoff.ts";
import type { Timer } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { Paced } from "../base/paced.ts";
import { Complaints } from "./complaints.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import { InFlight } from "./in-flight.ts";
import { type FromForward, type FromSense, fromForward, PROTOCOL } from "./protocol.ts";
import type {
  ForwardHello,
  KeySource,
  SenseEndHost,
  SenseEndOptions,
  Unkept,
  UnkeptEvent,
} from "./sense-host.ts";
import { WalkAsking, type WalkReply } from "./walk-asking.ts";

export type { ForwardHello, KeySource, SenseEndHost, Unkept, UnkeptEvent };

type WalkRequest = Extract<FromSense, { type: "walk" }>;

const RECONNECT: BackoffPolicy = { firstMs: 100, maxMs: 5_000 };
/** From here on the back-off waits its longest. */
const MAX_ATTEMPT = 10;
/** Key sets are rare; verifying them at the pace of a flood would cost readings. */
const KEYS_PACE_MS = 5_000;

/** Sense's end of the handover: connects for ever, offers what is not kept, believes nothing it is told without checking. */
export class SenseEnd {
  readonly #options: SenseEndOptions;
  #socket: Socket | undefined;
  /** Monotonic ms of forward's hello on the present connection. */
  #greetedAtMs: number | undefined;
  #attempt = 0;
  #timer: Timer | undefined;
  #stopped = false;
  readonly #complaints: Complaints;
  readonly #keys: Paced<string>;
  /** The key set that forward holds, as far as we know. */
  #keysThere: string | null = null;
  #aboutThere = "";
  #reportThere: string | null = null;
  readonly #walk: WalkAsking;
  readonly #offered = new InFlight();
  readonly #offeredEvents = new InFlight();

  constructor(options: SenseEndOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#complaints = new Complaints(log);
    this.#walk = new WalkAsking(clock);
    this.#keys = new Paced(clock, { name: "handover keys", ms: KEYS_PACE_MS }, (jws) =>
      this.#judgeKeys(jws, "topic"),
    );
  }

  start(): void {
    if (this.#stopped) return;
    const socket = connect(this.#options.path);
    const reader = new FrameReader<FromForward>(fromForward);
    this.#socket = socket;
    socket.on("drain", () => this.sendSensors());
    socket.on("connect", () => this.#send({ type: "hello", version: PROTOCOL, ...this.#identity() }));
    socket.on("data", (chunk) => {
      try {
        for (const message of reader.push(chunk)) this.#take(message);
      } catch (failure) {
        this.#refuse(failure);
      }
    });
    socket.on("error", () => {}); // The close event follows and does the work.
    socket.on("close", () => this.#closed());
  }

  /** True while forward has answered on the present connection. */
  get connected(): boolean {
    return this.#greetedAtMs !== undefined;
  }

  /** Offers whatever is new: called after sealing, after an event, and on every answer. */
  poke(): void {
    if (!this.connected) return;
    const { host } = this.#options;
    for (const { epoch, number, atMs, event } of host.unkeptEvents()) {
      if (this.#offeredEvents.add(`${epoch}/${number}`))
        this.#send({ type: "event", epoch, number, atMs, event });
    }
    for (const { message, baselines } of host.unkept()) {
      if (this.#offered.isFull) break;
      if (this.#offered.add(`${message.epoch}/${message.seq}`))
        this.#send({ type: "offer", message, baselines });
    }
  }

  /** Tells forward the present sensor states and what is known of the clock; one that does not read gets them when it does. */
  sendSensors(): void {
    const { host } = this.#options;
    if (!this.connected || this.#socket?.writableNeedDrain) return;
    const [sensors, contacts, clockSynced] = [host.sensors(), host.contacts(), host.clockSynced()];
    this.#send({ type: "sensors", sensors, ...(contacts.length > 0 && { contacts }), clockSynced });
  }

  /** Tells forward what this process says about itself, when that has changed. */
  sendAbout(): void {
    const about = this.#options.host.about();
    if (!this.connected || JSON.stringify(about) === this.#aboutThere) return;
    this.#aboutThere = JSON.stringify(about);
    this.#send({ type: "about", about });
  }

  /** Gives forward the privacy report, when it has another one. */
  sendReport(): void {
    const jws = this.#options.host.report();
    if (!this.connected || jws === null || jws === this.#reportThere) return;
    this.#reportThere = jws;
    this.#send({ type: "report", jws });
  }

  /** Asks forward to count a walk test that begins now. */
  askWalk(atMs: number, event: WalkRequest["event"]): Promise<WalkReply> {
    return this.#walk.ask(event, (understood) => this.#send({ type: "walk", atMs, event: understood }));
  }

  /** Says goodbye and closes; what is not kept stays in the crash copy. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#keys.stop();
    const socket = this.#socket;
    if (!socket || socket.destroyed) return;
    if (this.connected) this.#send({ type: "stopping" });
    await new Promise<void>((resolve) => {
      const hang = this.#options.clock.after("handover goodbye", 1_000, () => socket.destroy());
      socket.once("close", () => {
        hang.cancel();
        resolve();
      });
      socket.end();
    });
  }

  #identity() {
    const about = this.#options.host.about();
    this.#aboutThere = JSON.stringify(about);
    return { epoch: this.#options.host.epoch(), about };
  }

  /** Afterwards forward holds the set in use, whichever that is. */
  async #judgeKeys(jws: string | null, from: KeySource): Promise<void> {
    const { host } = this.#options;
    if (jws !== null) await host.onKeys(jws, from);
    const keys = host.keys();
    if (!this.connected || keys === this.#keysThere) return;
    this.#keysThere = keys;
    this.#send({ type: "keys", jws: keys });
    this.sendAbout();
  }

  #send(message: FromSense): void {
    this.#socket?.write(encodeFrame(message));
  }

  #take(message: FromForward): void {
    const { host } = this.#options;
    if (!this.connected) return this.#greet(message);
    switch (message.type) {
      case "hello":
        throw new TelpostError("handover.protocol", "second hello");
      case "kept":
        this.#offered.settle(`${message.epoch}/${message.seq}`);
        host.onKept(message.epoch, message.seq);
        break;
      case "refused":
        this.#offered.settle(`${message.epoch}/${message.seq}`);
        host.onRefused(message.epoch, message.seq, message.why);
        break;
      case "event_kept":
        this.#offeredEvents.settle(`${message.epoch}/${message.number}`);
        host.onEventKept(message.epoch, message.number);
        break;
      case "keys":
        this.#keys.push(message.jws);
        break;
      case "restart":
        host.onRestart();
        break;
      case "delivery":
        host.onDelivery(message.state);
        break;
      case "walks":
        host.onWalkTests(message.used);
        break;
      case "walk":
        host.onWalkTests(message.used);
        this.#walk.answer(message.answer);
        break;
    }
    this.poke();
  }

  #refuse(failure: unknown): void {
    if (!(failure instanceof TelpostError)) throw failure;
    if (failure.code === "handover.version") this.#attempt = MAX_ATTEMPT;
    this.#complaints.say(failure);
    this.#socket?.destroy();
  }

  #greet(message: FromForward): void {
    const { host, log, clock } = this.#options;
    if (message.type !== "hello") throw new TelpostError("handover.protocol", "no hello");
    this.#greetedAtMs = clock.monotonic();
    log.info("handover.connected");
    host.onHello(message);
    this.#walk.heard(message.version.minor);
    this.#keysThere = message.keys;
    void this.#judgeKeys(message.keys, "memory");
    this.sendSensors();
    this.#reportThere = null;
    this.sendReport();
    this.poke();
  }

  #closed(): void {
    const { clock, jitterBelow, log } = this.#options;
    if (this.connected && !this.#stopped) log.warn("handover.lost", { code: "handover.unreachable" });
    this.#forgive();
    this.#walk.lost();
    this.#greetedAtMs = undefined;
    this.#offered.clear();
    this.#offeredEvents.clear();
    this.#socket = undefined;
    if (this.#stopped) return;
    const waitMs = 20 + backoffMs(RECONNECT, this.#attempt++, jitterBelow);
    this.#timer = clock.after("handover reconnect", waitMs, () => this.start());
  }

  /** A hello proves nothing; a connection that has lasted does, and the next one may come at once. */
  #forgive(): void {
    if (this.#greetedAtMs === undefined) return;
    if (this.#options.clock.monotonic() - this.#greetedAtMs < RECONNECT.maxMs) return;
    this.#attempt = 0;
    this.#complaints.forget();
  }
}
