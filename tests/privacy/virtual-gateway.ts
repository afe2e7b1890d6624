import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../src/base/log.ts";
import { silentLog } from "../../src/base/log.ts";
import { topics } from "../../src/contract/topics.ts";
import type { ReadWindowsMessage } from "../../src/contract/windows.ts";
import { tellDelivery } from "../../src/forward/delivery-state.ts";
import { openOutbox } from "../../src/forward/outbox/outbox.ts";
import type { Outbox } from "../../src/forward/ports.ts";
import { Announcer } from "../../src/forward/uplink/announcer.ts";
import type { Link } from "../../src/forward/uplink/link.ts";
import { gatewayOffsetMs } from "../../src/forward/uplink/pace.ts";
import { Pump } from "../../src/forward/uplink/pump.ts";
import { type Light, makeLight } from "../../src/sense/start-light.ts";
import { NOON, SenseRig } from "../kit/core.ts";
import { Watcher } from "../kit/ladder.ts";
import { identity, optionsFor } from "../kit/outbox-data.ts";

/**
 * A whole gateway on one virtual clock: the stages of sense, a real outbox, and the uplink up to the MQTT library. Only the
 * sockets are missing, so that the times of its messages can be compared to the millisecond.
 */

/** A message as somebody who taps the line sees it. */
export interface Tapped {
  readonly atMs: number;
  readonly topic: string;
  readonly length: number;
  readonly retain: boolean;
  readonly contentType: string;
  readonly expirySeconds: number | undefined;
  readonly late: boolean | undefined;
}

const PUBACK_MS = 20;
const HEALTH_MS = 60_000;
/** The same name in every run, so that what is made from random numbers looks alike. */
const RUN = { bootId: "5f3a6c1e-0000-4000-8000-000000000001", connection: 1 };

const LIGHT = { gpio: { chip: "pinctrl-rp1", line: 22, activeLow: false } };

export interface VirtualGatewayOptions {
  readonly log?: Log;
  readonly lookMs?: number;
  /** See SenseRigOptions. */
  readonly folder?: string;
}

export class VirtualGateway {
  readonly rig: SenseRig;
  readonly outbox: Outbox;
  readonly tapped: Tapped[] = [];
  readonly sealed: string[] = [];
  /** Everything that is not sealed, as it went out. */
  readonly open: string[] = [];
  /** Who stands below its status light. */
  readonly watcher: Watcher;
  readonly #folder = mkdtempSync("/dev/shm/telpost-twin-");
  readonly #announcer: Announcer;
  readonly #link: Link;
  readonly #light: Light;
  readonly #stopTelling: () => void;

  constructor(yaml: string, { log = silentLog, ...more }: VirtualGatewayOptions = {}) {
    this.rig = new SenseRig(yaml, NOON, { log, ...more });
    const { clock } = this.rig;
    this.outbox = openOutbox(optionsFor(join(this.#folder, "outbox.db"), { nowMs: NOON, log }));
    const common = { backlogPerSecond: 200, clock, clockSynced: () => true, log };
    const pump = new Pump(this.outbox, {
      ...common,
      proof: "broker",
      inFlight: 100,
      maxAgeMs: 30 * 86_400_000,
      offsetMs: gatewayOffsetMs("denhaag/scheveningen/gw07"),
      onProof: () => {},
    });
    this.#link = this.#tap();
    this.#announcer = new Announcer({
      ...common,
      topics: topics(identity),
      outbox: this.outbox,
      report: () => null,
      birth: () => ({ software: "telpost", configHash: "same", about: null }),
      health: () => ({ uptimeSeconds: this.#uptime(), sensors: this.rig.core.pipeline.states() }),
    });
    this.#announcer.birth(this.#link, RUN, () => pump.start(this.#link));
    this.#everyHealth();
    this.watcher = new Watcher(clock);
    this.#light = makeLight(this.rig.core, LIGHT, {
      ...common,
      driveGpio: () => this.watcher.output,
      connected: () => true,
    });
    const tell = this.#light.onDelivery;
    this.#stopTelling = tellDelivery({ clock, tell, status: () => this.#delivery(pump) });
    this.#light.start();
  }

  /** Time passes; whatever falls due on the way happens at its time. */
  async pass(ms: number): Promise<void> {
    const { clock } = this.rig;
    const untilMs = clock.monotonic() + ms;
    for (let due = clock.nextDue(); due !== undefined && due <= untilMs; due = clock.nextDue()) {
      clock.advanceTo(due);
      await this.#handOver();
    }
    clock.advanceTo(untilMs);
    await this.#handOver();
  }

  /** What `telpost status` and the health message are made from. */
  state(): object {
    const { sealing, pipeline, events } = this.rig.core;
    const { waiting, sealed, waitingSince } = sealing;
    return {
      sensors: pipeline.states(),
      sealing: { waiting, sealed, waitingSince, unkept: sealing.unkept().length },
      events: events.unkept(),
      outbox: this.outbox.stats(),
      trouble: this.outbox.trouble(),
    };
  }

  opened(): Promise<ReadWindowsMessage[]> {
    return this.rig.openAll(this.sealed);
  }

  /** What a stop says: the last words of the process, for a technician. */
  stop(): void {
    this.#light.stop();
    this.#stopTelling();
    this.rig.core.pipeline.stop();
    this.#announcer.goodbye(this.#link, RUN, () => {});
    this.outbox.close();
    rmSync(this.#folder, { recursive: true });
  }

  async #handOver(): Promise<void> {
    const { core, clock } = this.rig;
    if (core.sealing.waiting > 0) await core.sealing.run();
    for (const { message, baselines } of core.sealing.unkept()) {
      this.outbox.append([{ type: "message", message, baselines }], clock.realtime());
      core.sealing.forget(message.epoch, message.seq);
    }
    for (const { epoch, number, atMs, event } of core.events.unkept()) {
      this.outbox.append([{ type: "event", source: { epoch, number }, atMs, event }], clock.realtime());
      core.events.forget(epoch, number);
    }
  }

  #tap(): Link {
    const { clock } = this.rig;
    return {
      protocol: "5",
      receiveMaximum: 100,
      publish: ({ topic, payload, retain, contentType, expirySeconds, late }, acknowledged) => {
        const { length } = payload;
        const atMs = clock.monotonic();
        this.tapped.push({ atMs, topic, length, retain, contentType, expirySeconds, late });
        (contentType === "application/jose" ? this.sealed : this.open).push(payload);
        clock.after("puback", PUBACK_MS, () => acknowledged(0));
      },
      subscribe: (_, done) => done(0),
      close() {},
    };
  }

  #everyHealth(): void {
    const { clock } = this.rig;
    clock.after("health", HEALTH_MS, () => {
      const context = { nowMs: clock.realtime(), clockSynced: true, delivery: null, lastProofMs: null };
      this.#announcer.health(this.#link, this.#announcer.healthNow({ ...RUN, ...context }));
      this.#everyHealth();
    });
  }

  #delivery({ core: { trouble, lastProofMs } }: Pump) {
    const backlog = this.outbox.stats().queued;
    const uplink = {
      state: "connected",
      code: trouble,
      lastProofMs,
      protocol: "5",
      connection: 1,
      backlog,
    } as const;
    return { uplink, outbox: this.outbox.stats(), storage: this.outbox.trouble() };
  }

  #uptime(): number {
    return Math.floor(this.rig.clock.monotonic() / 1000);
  }
}
