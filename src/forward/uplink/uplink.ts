import { backoffMs } from "../../base/backoff.ts";
import { atCadence } from "../../base/cadence.ts";
import type { Timer } from "../../base/clock.ts";
import { ERRORS } from "../../base/error-table.ts";
import { type ErrorCode, TelpostError } from "../../base/errors.ts";
import { withDeadline } from "../../base/lifecycle.ts";
import type { Ack } from "../../contract/ack.ts";
import type { HealthMessage } from "../../contract/health.ts";
import { gatewayName, topics } from "../../contract/topics.ts";
import type { Asked, UplinkState } from "../ports.ts";
import { Announcer } from "./announcer.ts";
import type { Failure } from "./classify.ts";
import { inbound } from "./inbound.ts";
import { type Incoming, type Link, openLink } from "./link.ts";
import type { Uplink, UplinkOptions } from "./options.ts";
import { gatewayOffsetMs } from "./pace.ts";
import { firstProtocol, protocolFailed, protocolWorked } from "./protocol-choice.ts";
import { Pump } from "./pump.ts";
import type { Run } from "./status.ts";

const BACKOFF = { firstMs: 1_000, maxMs: 60_000 };
const HEALTH = { name: "uplink.health", ms: 300_000 };
/** A connection this old, or one that proved a row, was a good one: the next failure starts the back-off anew. */
const GOOD_AFTER_MS = 60_000;
/** While nothing can be proven on MQTT 3.1.1, version 5 is tried again this often. */
const TRY_5_AGAIN_MS = 600_000;
const CLOCK_POLL_MS = 1_000;
const GOODBYE_MS = 2_500;
const CLOSING_MS = 1_500;

export type { Uplink, UplinkOptions };

/** Starts delivering: connects, and keeps connecting until stopped. */
export function startUplink(options: UplinkOptions): Uplink {
  const uplink = new MqttUplink(options);
  uplink.start();
  return uplink;
}

class MqttUplink implements Uplink {
  readonly #options: UplinkOptions;
  readonly #topics;
  readonly #pump: Pump;
  readonly #announcer: Announcer;
  readonly #message: (incoming: Incoming) => void;
  #state: UplinkState["state"] = "connecting";
  #code: ErrorCode | null = null;
  #link: Link | null = null;
  #abort: () => void = () => {};
  #protocol;
  #connection = 0;
  #failures = 0;
  #upSinceMs = 0;
  #toldCode: ErrorCode | null = null;
  #birthDenied = false;
  #retryTimer: Timer | undefined;
  #stopHealth: () => void = () => {};
  #ended: () => void = () => {};

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#topics = topics(options.identity);
    this.#protocol = firstProtocol(options.config.protocol);
    const { config, clock, clockSynced, log, maxAgeMs, outbox, passing } = options;
    const { backlogPerSecond } = config;
    this.#announcer = new Announcer({ ...options, backlogPerSecond, topics: this.#topics });
    const offsetMs = gatewayOffsetMs(gatewayName(options.identity));
    const onProof = () => {
      this.#failures = 0;
    };
    const pump = { ...config, offsetMs, maxAgeMs, clock, clockSynced, log, passing, onProof };
    this.#pump = new Pump(outbox, { ...pump, proof: config.ack });
    const onAck = (ack: Ack) => this.#pump.cityAcknowledged(ack);
    const onCommand = (asked: Asked) =>
      options.onCommand(asked, (answer, heard) => {
        if (this.#link) this.#announcer.answer(this.#link, answer, heard);
      });
    this.#message = inbound({ topics: this.#topics, log, onAck, onKeys: options.onKeys, onCommand });
  }

  start(): void {
    // What falls into a time without connection is not made up for.
    this.#stopHealth = atCadence(this.#options.clock, HEALTH, () => {
      if (this.#link) this.#announcer.health(this.#link, this.health());
    });
    this.#connect();
  }

  state(): UplinkState {
    const { trouble, lastProofMs } = this.#pump.core;
    return {
      state: this.#state,
      code: this.#state === "connected" ? trouble : this.#code,
      protocol: this.#link?.protocol ?? null,
      connection: this.#connection,
      lastProofMs,
      backlog: this.#options.outbox.stats().queued,
    };
  }

  health(): HealthMessage {
    const { clock, clockSynced } = this.#options;
    const { code: delivery, lastProofMs } = this.state();
    const context = { nowMs: clock.realtime(), clockSynced: clockSynced(), delivery, lastProofMs };
    return this.#announcer.healthNow({ ...this.#run(), ...context });
  }

  senseChanged(what: "about" | "report"): void {
    if (this.#link) this.#announcer.changed(what, this.#link, this.#run());
  }

  async stop(): Promise<void> {
    if (this.#state === "stopped") return;
    const { clock } = this.#options;
    const link = this.#link;
    this.#state = "stopped";
    this.#retryTimer?.cancel();
    this.#stopHealth();
    this.#pump.pause();
    if (!link) return this.#abort();
    const ended = new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    const heard = new Promise((resolve) => this.#announcer.goodbye(link, this.#run(), resolve));
    await withDeadline(clock, GOODBYE_MS, Promise.race([heard, ended]));
    link.close();
    if (!(await withDeadline(clock, CLOSING_MS, ended))) this.#abort();
  }

  #connect(): void {
    const { config, identity, clock, clockSynced, log, credentialsDirectory } = this.#options;
    this.#state = "connecting";
    this.#birthDenied = false;
    // Rises within a boot also across restarts of the process, so that a stale death never looks fresh.
    this.#connection = Math.max(this.#connection + 1, Math.floor(clock.monotonic() / 1000));
    log.debug("uplink.connecting", { protocol: this.#protocol.next, connection: this.#connection });
    const settings = {
      url: config.url,
      protocol: this.#protocol.next,
      clientId: gatewayName(identity),
      keepaliveSeconds: config.keepaliveSeconds,
      tls: { ca: config.ca, cert: config.cert, key: config.key, credentialsDirectory },
      will: this.#announcer.will(this.#run()),
    };
    const events = {
      up: (link: Link) => this.#up(link),
      down: (failure: Failure) => this.#down(failure),
      message: this.#message,
    };
    try {
      this.#abort = openLink(settings, { clock, clockSynced }, events).abort;
    } catch (failure) {
      if (!(failure instanceof TelpostError)) throw failure;
      this.#down({ code: failure.code, detail: failure.detail, protocolRefused: false });
    }
  }

  /** Birth first, then the subscriptions, then rows: an acknowledgement of the city cannot come too early. */
  #up(link: Link): void {
    const { config, clock } = this.#options;
    this.#link = link;
    this.#protocol = protocolWorked(this.#protocol);
    this.#upSinceMs = clock.monotonic();
    this.#announcer.birth(link, this.#run(), (reasonCode) => {
      this.#born(link, reasonCode);
      const { keys, ack, cmd } = this.#topics;
      const wanted = config.ack === "city" ? [keys, ack, `${cmd}/+`] : [keys, `${cmd}/+`];
      link.subscribe(wanted, (reasonCode) => {
        this.#announcer.judged("keys, ack, cmd", reasonCode);
        this.#serve(link);
      });
    });
  }

  /** The broker answered the birth. One that denies it may end the connection, as Mosquitto 2.0.11 does. */
  #born(link: Link, reasonCode: number): void {
    if (this.#state === "stopped") return;
    this.#state = "connected";
    this.#birthDenied = reasonCode >= 0x80;
    if (this.#birthDenied) return;
    this.#toldCode = null;
    this.#options.log.info("uplink.connected", { protocol: link.protocol, connection: this.#connection });
  }

  #serve(link: Link): void {
    if (this.#state === "stopped") return;
    const { config, profile } = this.#options;
    const proves = link.protocol === "5" || config.ack === "city" || profile === "lab";
    if (proves) this.#pump.start(link);
    else this.#hold(link);
  }

  /** Nothing here can prove delivery: rows wait, and version 5 is tried again now and then. */
  #hold(link: Link): void {
    const { config, clock, log } = this.#options;
    this.#state = "held";
    this.#code = "broker.not_proof";
    log.error("uplink.held", { code: this.#code, hint: ERRORS[this.#code].hint });
    if (config.protocol !== "auto") return;
    this.#retryTimer = clock.after("uplink.try_5_again", TRY_5_AGAIN_MS, () => {
      this.#protocol = firstProtocol("auto");
      link.close();
    });
  }

  #down(ending: Failure): void {
    const { clock, log } = this.#options;
    const wasUp = this.#link !== null;
    const failure = this.#birthDenied ? { ...ending, code: "broker.denied" as const } : ending;
    const served = this.#state === "connected" || this.#state === "held";
    this.#link = null;
    this.#retryTimer?.cancel();
    this.#pump.lost();
    this.#ended();
    if (this.#state === "stopped") return;
    this.#state = "waiting";
    this.#code = failure.code;
    if (served && !this.#birthDenied) log.warn("uplink.lost", { code: failure.code, detail: failure.detail });
    else this.#refused(failure);
    if (wasUp && clock.monotonic() - this.#upSinceMs >= GOOD_AFTER_MS) this.#failures = 0;
    const waitMs = backoffMs(BACKOFF, this.#failures, this.#options.jitterBelow);
    this.#failures += 1;
    if (failure.code === "broker.tls_clock") this.#waitForClock(clock.monotonic() + BACKOFF.maxMs);
    else this.#retryTimer = clock.after("uplink.reconnect", waitMs, () => this.#connect());
  }

  /** An attempt failed: said once for each kind of failure, not for each attempt. */
  #refused(failure: Failure): void {
    this.#protocol = protocolFailed(this.#protocol, failure);
    if (failure.code === this.#toldCode) return;
    this.#toldCode = failure.code;
    const { retry, hint } = ERRORS[failure.code];
    const level = retry === "person" ? "error" : "warn";
    this.#options.log[level]("uplink.waiting", { code: failure.code, detail: failure.detail, hint });
  }

  /** A certificate cannot be judged before the clock is set: goes on when it is, and tries anyway after a minute. */
  #waitForClock(untilMs: number): void {
    const { clock, clockSynced } = this.#options;
    this.#retryTimer = clock.after("uplink.clock", CLOCK_POLL_MS, () => {
      if (clockSynced() || clock.monotonic() >= untilMs) this.#connect();
      else this.#waitForClock(untilMs);
    });
  }

  #run(): Run {
    return { bootId: this.#options.bootId, connection: this.#connection };
  }
}
