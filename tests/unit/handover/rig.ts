import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { TelpostError } from "../../../src/base/errors.ts";
import type { Log } from "../../../src/base/log.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { ForwardEnd, type ForwardEndHost, type Outcome } from "../../../src/handover/forward-end.ts";
import { encodeFrame } from "../../../src/handover/frames.ts";
import type { About, FromForward, FromSense } from "../../../src/handover/protocol.ts";
import {
  type ForwardHello,
  SenseEnd,
  type SenseEndHost,
  type Unkept,
  type UnkeptEvent,
} from "../../../src/handover/sense-end.ts";

export const EPOCH = "7k2m9qv4x0t8b1ce";
export const NOON = Date.parse("2026-06-01T12:00:00Z");
const KID = "k".repeat(43);
/** A key set of the right form. */
export const KEY_SET = "key.set.installed";

export const ABOUT: About = {
  software: "telpost test",
  configHash: "c0ffee",
  isolation: "none",
  gatewayKid: KID,
  cityKid: null,
  cityKeyUntilMs: null,
  outputs: [{ id: "gate", kind: "flow", seconds: 60 }],
};

export const FORWARD_HELLO: FromForward & ForwardHello = {
  type: "hello",
  version: { major: 1, minor: 0 },
  lastSeqKept: null,
  lastEventKept: null,
  lastEnds: [],
  baselines: [],
  stoppedCleanly: false,
  keys: null,
};
export const SENSE_HELLO: FromSense = {
  type: "hello",
  version: { major: 1, minor: 0 },
  epoch: EPOCH,
  about: ABOUT,
};

/** A message of the right shape; its bytes are a function of `seq`. */
export function unkeptOf(seq: number, size = 20): Unkept {
  const jws = `aaaa.${String(seq).padStart(size, "b")}.cccc`;
  const endMs = NOON + seq * 60_000;
  const baselines = [{ channel: "turnstile/in", endMs, box: "Ym94" }];
  return { message: { epoch: EPOCH, seq, endMs, lengths: [60], jws }, baselines };
}

/** Sense as far as the handover sees it. */
export class FakeSense implements SenseEndHost {
  waiting: Unkept[] = [];
  events: UnkeptEvent[] = [];
  readonly told: string[] = [];
  restarts = 0;
  readonly hellos: ForwardHello[] = [];
  /** Key sets offered to it; the newest is in use. */
  readonly offered: [string, string][] = [];
  present = ABOUT;
  signed: string | null = null;

  unkept = () => this.waiting;
  unkeptEvents = () => this.events;
  epoch = () => EPOCH;
  about = () => this.present;
  sensors = () => [{ id: "gate", profile: "generic-jsonl", link: "up" as const, errors: "none" as const }];
  contacts = () => [];
  synced = false;
  clockSynced = () => this.synced;
  onHello(hello: ForwardHello): void {
    this.hellos.push(hello);
  }
  onKept(epoch: string, seq: number): void {
    this.told.push(`kept ${seq}`);
    this.waiting = this.waiting.filter(({ message }) => message.epoch !== epoch || message.seq !== seq);
  }
  onRefused(epoch: string, seq: number, why: string): void {
    this.told.push(`refused ${seq} ${why}`);
    this.waiting = this.waiting.filter(({ message }) => message.epoch !== epoch || message.seq !== seq);
  }
  onRestart(): void {
    this.restarts += 1;
  }
  onEventKept(_epoch: string, number: number): void {
    this.told.push(`event ${number}`);
    this.events = this.events.filter((one) => one.number !== number);
  }
  /** How many walk tests forward told of. */
  walks: number | null = null;
  onWalkTests(used: number): void {
    this.walks = used;
  }
  /** What forward told of delivery. */
  readonly deliveries: string[] = [];
  onDelivery(state: string): void {
    this.deliveries.push(state);
  }
  report = () => this.signed;
  keys = () => this.offered.at(-1)?.[0] ?? KEY_SET;
  async onKeys(jws: string, from: string): Promise<void> {
    this.offered.push([jws, from]);
  }

  seal(count: number, size?: number): void {
    const first = (this.waiting.at(-1)?.message.seq ?? -1) + 1;
    for (let seq = first; seq < first + count; seq++) this.waiting.push(unkeptOf(seq, size));
  }
}

type Item = Parameters<ForwardEndHost["keep"]>[0][number];

/** Forward as far as the handover sees it; what is kept outlives a ForwardEnd. */
export class FakeForward implements ForwardEndHost {
  /** Every offer that was kept, in order: number and bytes. */
  readonly kept: [number, string][] = [];
  readonly events: number[] = [];
  readonly told: string[] = [];
  /** Key sets it was given to keep. */
  readonly keys: string[] = [];
  latest: string | null = null;
  failing = false;
  failingHello = false;
  outcome: Outcome = "kept";
  offers = 0;

  memory() {
    if (this.failingHello) throw new TelpostError("outbox.unusable");
    const { lastSeqKept, lastEventKept, lastEnds, baselines, stoppedCleanly } = FORWARD_HELLO;
    return {
      lastSeqKept,
      lastEventKept,
      lastEnds,
      baselines,
      stoppedCleanly,
      keys: this.keys.at(-1) ?? null,
    };
  }
  keepKeys(jws: string): void {
    this.keys.push(jws);
  }
  latestKeys = () => this.latest;
  onReport(jws: string): void {
    this.told.push(`report ${jws}`);
  }
  onAbout(about: About): void {
    this.told.push(`about ${about.cityKid}`);
  }
  keep(items: readonly Item[]): readonly Outcome[] {
    this.offers += items.length;
    if (this.failing) throw new TelpostError("outbox.full");
    for (const item of items) {
      if (item.type === "event") this.events.push(item.number);
      else this.kept.push([item.message.seq, item.message.jws]);
    }
    return items.map(() => this.outcome);
  }
  onHello(): void {
    this.told.push("hello");
  }
  onSensors({ sensors, clockSynced }: Parameters<ForwardEndHost["onSensors"]>[0]): void {
    this.told.push(`sensors ${sensors.map(({ id }) => id)}${clockSynced ? ", the clock is set" : ""}`);
  }
  readonly walks: string[] = [];
  beginWalkTest({ event }: Parameters<ForwardEndHost["beginWalkTest"]>[0]) {
    if (this.failing) throw new TelpostError("outbox.full");
    if (this.walks.length > 0) return "too_soon" as const;
    this.walks.push(event.sensor);
    return "granted" as const;
  }
  walkTests = () => this.walks.length;
  onStopping(): void {
    this.told.push("stopping");
  }
  onGone(): void {
    this.told.push("gone");
  }
}

export type LogLine = readonly [string, string];

/** Both ends, and peers that keep to nothing, around one socket on a clock that the test moves. */
export class HandoverRig {
  readonly folder = mkdtempSync(join(tmpdir(), "telpost-handover-"));
  readonly path = join(this.folder, "handover.sock");
  readonly clock = new VirtualClock(NOON);
  readonly sense = new FakeSense();
  readonly forward = new FakeForward();
  readonly senseLog: LogLine[] = [];
  readonly forwardLog: LogLine[] = [];
  readonly #ends: { stop(): Promise<void> }[] = [];

  startSense(path = this.path): SenseEnd {
    const { clock, sense: host } = this;
    const log = logInto(this.senseLog);
    const end = new SenseEnd({ path, clock, log, host, jitterBelow: (limit) => limit - 1 });
    this.#ends.push(end);
    end.start();
    return end;
  }

  async startForward(): Promise<ForwardEnd> {
    const { path, clock, forward: host } = this;
    const end = new ForwardEnd({ path, clock, log: logInto(this.forwardLog), host });
    await end.start();
    this.#ends.push(end);
    return end;
  }

  /** A forward that does what it likes: `serve` gets each connection. */
  async serve(serve: (socket: Socket, connection: number) => void, path = this.path): Promise<Server> {
    let connections = 0;
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
      serve(socket, connections++);
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const stop = async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    };
    this.#ends.push({ stop });
    return server;
  }

  /** A sense that does what it likes. */
  async dial(): Promise<RawPeer> {
    const peer = new RawPeer(connect(this.path));
    this.#ends.push({ stop: async () => peer.hangUp() });
    await new Promise<void>((resolve) => peer.socket.once("connect", () => resolve()));
    return peer;
  }

  /** Lets time and sockets run until `condition` holds. */
  async until(condition: () => boolean, what: string, stepMs = 100): Promise<void> {
    for (let looks = 0; !condition(); looks++) {
      if (looks > 4_000) throw new Error(`never happened: ${what}`);
      this.clock.advance(stepMs);
      await wait(2);
    }
  }

  async dispose(): Promise<void> {
    for (const end of this.#ends.reverse()) {
      const stopped = end.stop();
      let done = false;
      void stopped.then(() => {
        done = true;
      });
      await this.until(() => done, "an end stops");
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** One connection and everything it heard. */
export class RawPeer {
  readonly socket: Socket;
  closed = false;
  #heard = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      this.#heard = Buffer.concat([this.#heard, chunk]);
    });
    socket.on("close", () => {
      this.closed = true;
    });
  }

  say(...messages: unknown[]): void {
    for (const message of messages) this.socket.write(encodeFrame(message));
  }

  hangUp(): void {
    this.socket.destroy();
  }

  /** Whole frames heard so far, as JSON. */
  get heard(): { type: string; [key: string]: unknown }[] {
    const messages: { type: string }[] = [];
    for (let at = 0; at + 4 <= this.#heard.length; ) {
      const end = at + 4 + this.#heard.readUInt32BE(at);
      if (end > this.#heard.length) break;
      messages.push(JSON.parse(this.#heard.toString("utf8", at + 4, end)));
      at = end;
    }
    return messages;
  }
}

function logInto(lines: LogLine[]): Log {
  const write = (event: string, fields?: { code?: string; detail?: unknown }) =>
    void lines.push([event, String(fields?.code ?? "")]);
  return { debug() {}, info: write, warn: write, error: write };
}

export const count = (lines: readonly LogLine[], event: string) =>
  lines.filter(([name]) => name === event).length;
