import { type Log, silentLog } from "../../src/base/log.ts";
import { type RandomBytes, systemRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/base/virtual-clock.ts";
import { makeRegistry } from "../../src/city/keys.ts";
import { openSealed } from "../../src/city/open.ts";
import { parseConfig } from "../../src/config/parse.ts";
import type { ReadWindowsMessage } from "../../src/contract/windows.ts";
import { makeCityKey, makeGatewayKey } from "../../src/keys/make.ts";
import { CONTACT_LINE } from "../../src/sense/contacts.ts";
import { type Core, makeCore } from "../../src/sense/core.ts";
import { type CrashStore, memoryCrashStore } from "../../src/sense/crash/crash-copy.ts";
import { baselineKey } from "../../src/sense/guard/baseline.ts";
import { ReplayLine } from "../../src/sense/line/replay-line.ts";
import { portsOf } from "../../src/sense/line-settings.ts";
import { makeSeal } from "../../src/sense/make-seal.ts";
import { withSettingFiles } from "../../src/sense/setting-files.ts";
import { shippedProfiles } from "./devices.ts";

/** For a handover that is not about keys. */
export const NO_KEYS = { jws: "a.b.c", offer: async () => {} };

export const NOON = Date.parse("2026-06-01T12:00:00Z");

export interface SenseRigOptions {
  /** False: the clock was never set since boot. */
  readonly synced?: boolean;
  /** In place of the operating system's generator. */
  readonly random?: RandomBytes;
  readonly log?: Log;
  readonly crash?: CrashStore;
  /** See PipelineOptions. */
  readonly lookMs?: number;
  /** Where the files lie that the settings of devices name. */
  readonly folder?: string;
}

/** A sense without devices and sockets on a virtual clock, that can be killed and started again on its crash copy. */
export class SenseRig {
  readonly clock: VirtualClock;
  readonly gatewayKey = makeGatewayKey();
  readonly cityKey = makeCityKey();
  crash: CrashStore;
  synced: boolean;
  /** False: there is no usable city key. */
  hasKey = true;
  /** Something new waits for the handover. */
  onNews: () => void = () => {};
  bootId = "boot-1";
  core!: Core;
  readonly lines = new Map<string, ReplayLine>();
  /** The lines of contacts: not open before a test opens them. */
  readonly contacts = new Map<string, ReplayLine>();
  readonly #options: SenseRigOptions;

  constructor(yaml: string, startMs = NOON, options: SenseRigOptions = {}) {
    this.#options = options;
    this.synced = options.synced ?? true;
    this.crash = options.crash ?? memoryCrashStore();
    this.clock = new VirtualClock(startMs, 1_000);
    this.start(yaml);
  }

  /** Starts, or starts again: what was in memory is gone, the crash copy stays. */
  start(yaml: string, { baselinesKnown = true } = {}): void {
    const parsed = parseConfig(yaml, shippedProfiles());
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const recipient = { kid: this.cityKey.kid, key: this.cityKey.publicKey };
    const { random = systemRandom, log = silentLog, lookMs, folder = "" } = this.#options;
    this.core = makeCore({
      config: withSettingFiles(parsed.value, folder),
      bootId: this.bootId,
      clock: this.clock,
      log,
      random,
      crash: this.crash,
      clockSynced: () => this.synced,
      baselineKey: baselineKey(this.gatewayKey),
      seal: makeSeal(parsed.value, this.gatewayKey, () => (this.hasKey ? recipient : null)),
      onNews: () => this.onNews(),
      onStates() {},
      ...(lookMs === undefined ? {} : { lookMs }),
    });
    this.core.pipeline.start();
    if (baselinesKnown) this.core.pipeline.baselinesKnown(new Map());
    for (const feed of this.core.feeds) {
      for (const port of portsOf(feed.sensor)) {
        const line = new ReplayLine();
        line.start(this.core.pipeline.listenerFor(feed, port));
        line.open(this.clock.monotonic());
        this.lines.set(port === "main" ? feed.sensor.id : `${feed.sensor.id} ${port}`, line);
      }
    }
    for (const { config, listener } of this.core.contacts.listeners()) {
      const line = new ReplayLine();
      line.start(listener);
      this.contacts.set(config.id, line);
    }
  }

  /** Opens the line of a contact at a level, or changes the level of one that is open. */
  contact(id: string, level: 0 | 1): void {
    const now = this.clock.monotonic();
    this.contacts.get(id)?.feedEdge(CONTACT_LINE, level, now);
    this.contacts.get(id)?.open(now, { [CONTACT_LINE]: level });
  }

  /** The process dies: its timers never fire again. */
  kill(): void {
    this.core.pipeline.dispose();
    this.core.contacts.stop();
  }

  send(sensor: string, text: string): void {
    this.sendBytes(sensor, Buffer.from(text));
  }

  /** @param sensor its id, with a port behind it (`radar command`) where it is another than the main one */
  sendBytes(sensor: string, bytes: Uint8Array): void {
    this.lines.get(sensor)?.feedBytes(bytes, this.clock.monotonic());
  }

  edge(sensor: string, name: string, level: 0 | 1): void {
    this.lines.get(sensor)?.feedEdge(name, level, this.clock.monotonic());
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.core.sealing.run();
  }

  /** Everything sealed and not kept yet, as the city opens it. */
  async opened(): Promise<ReadWindowsMessage[]> {
    await this.core.sealing.run();
    return this.openAll(this.core.sealing.unkept().map(({ message }) => message.jws));
  }

  /** As `opened`; what was opened counts as kept. */
  async take(): Promise<ReadWindowsMessage[]> {
    const opened = await this.opened();
    for (const { message } of this.core.sealing.unkept())
      this.core.sealing.forget(message.epoch, message.seq);
    return opened;
  }

  /** As the city opens it. */
  async openAll(sealed: readonly string[]): Promise<ReadWindowsMessage[]> {
    const gateway = "denhaag/scheveningen/gw07";
    const registry = makeRegistry([{ gateway, keys: [this.gatewayKey] }], [this.cityKey]);
    const all = await Promise.all(sealed.map((jws) => openSealed(jws, gateway, registry)));
    return all.map((one) => {
      if (!one.ok) throw new Error(one.refusal);
      return one.windows;
    });
  }
}
