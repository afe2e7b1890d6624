import { silentLog } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/base/virtual-clock.ts";
import { makeRegistry } from "../../src/city/keys.ts";
import { openSealed } from "../../src/city/open.ts";
import { parseConfig } from "../../src/config/parse.ts";
import type { ReadWindowsMessage } from "../../src/contract/windows.ts";
import { makeCityKey, makeGatewayKey } from "../../src/keys/make.ts";
import { type Core, makeCore } from "../../src/sense/core.ts";
import { type CrashStore, memoryCrashStore } from "../../src/sense/crash/crash-copy.ts";
import { baselineKey } from "../../src/sense/guard/baseline.ts";
import { ReplayLine } from "../../src/sense/line/replay-line.ts";
import { makeSeal } from "../../src/sense/make-seal.ts";
import { shippedProfiles } from "./devices.ts";

/** For a handover that is not about keys. */
export const NO_KEYS = { jws: "a.b.c", offer: async () => {} };

export const NOON = Date.parse("2026-06-01T12:00:00Z");

/** A sense without devices and sockets on a virtual clock, that can be killed and started again on its crash copy. */
export class SenseRig {
  readonly clock: VirtualClock;
  readonly gatewayKey = makeGatewayKey();
  readonly cityKey = makeCityKey();
  crash: CrashStore = memoryCrashStore();
  synced = true;
  /** False: there is no usable city key. */
  hasKey = true;
  bootId = "boot-1";
  core!: Core;
  readonly lines = new Map<string, ReplayLine>();

  /** @param synced false: the clock was never set since boot */
  constructor(yaml: string, startMs = NOON, { synced = true } = {}) {
    this.synced = synced;
    this.clock = new VirtualClock(startMs, 1_000);
    this.start(yaml);
  }

  /** Starts, or starts again: what was in memory is gone, the crash copy stays. */
  start(yaml: string, { baselinesKnown = true } = {}): void {
    const parsed = parseConfig(yaml, shippedProfiles());
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const recipient = { kid: this.cityKey.kid, key: this.cityKey.publicKey };
    this.core = makeCore({
      config: parsed.value,
      bootId: this.bootId,
      clock: this.clock,
      log: silentLog,
      random: systemRandom,
      crash: this.crash,
      clockSynced: () => this.synced,
      baselineKey: baselineKey(this.gatewayKey),
      seal: makeSeal(parsed.value, this.gatewayKey, () => (this.hasKey ? recipient : null)),
      onNews() {},
      onStates() {},
    });
    this.core.pipeline.start();
    if (baselinesKnown) this.core.pipeline.baselinesKnown(new Map());
    for (const feed of this.core.feeds) {
      const line = new ReplayLine();
      line.start(this.core.pipeline.listenerFor(feed));
      line.open(this.clock.monotonic());
      this.lines.set(feed.sensor.id, line);
    }
  }

  /** The process dies: its timers never fire again. */
  kill(): void {
    this.core.pipeline.dispose();
  }

  send(sensor: string, text: string): void {
    this.sendBytes(sensor, Buffer.from(text));
  }

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
    const gateway = "denhaag/scheveningen/gw07";
    const registry = makeRegistry([{ gateway, keys: [this.gatewayKey] }], [this.cityKey]);
    const all = this.core.sealing.unkept().map(({ message }) => openSealed(message.jws, gateway, registry));
    return (await Promise.all(all)).map((one) => {
      if (!one.ok) throw new Error(one.refusal);
      return one.windows;
    });
  }
}
