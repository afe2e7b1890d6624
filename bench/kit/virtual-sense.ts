import { silentLog } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/base/virtual-clock.ts";
import type { Unkept } from "../../src/handover/sense-end.ts";
import { makeCityKey, makeGatewayKey } from "../../src/keys/make.ts";
import { type Core, makeCore } from "../../src/sense/core.ts";
import { type CrashStore, memoryCrashStore } from "../../src/sense/crash/crash-copy.ts";
import { baselineKey } from "../../src/sense/guard/baseline.ts";
import { ReplayLine } from "../../src/sense/line/replay-line.ts";
import { makeSeal } from "../../src/sense/make-seal.ts";
import { lineOf, SENSORS, siteConfig } from "./site.ts";

/** A whole minute, so that the first window is a full one. */
export const START_MS = Date.parse("2026-06-01T12:00:00Z");

/** All of sense but its devices and sockets, on a clock that moves when told to. */
export class VirtualSense {
  readonly clock = new VirtualClock(START_MS, 1_000);
  readonly core: Core;
  readonly #lines: ReplayLine[];

  constructor(crash: CrashStore = memoryCrashStore()) {
    const [config, gatewayKey, { kid, publicKey: key }] = [siteConfig(), makeGatewayKey(), makeCityKey()];
    this.core = makeCore({
      config,
      bootId: "bench",
      clock: this.clock,
      log: silentLog,
      random: systemRandom,
      crash,
      clockSynced: () => true,
      baselineKey: baselineKey(gatewayKey),
      seal: makeSeal(config, gatewayKey, () => ({ kid, key })),
      onNews() {},
      onStates() {},
    });
    const { pipeline, feeds } = this.core;
    pipeline.start();
    pipeline.baselinesKnown(new Map());
    this.#lines = feeds.map((feed) => {
      const line = new ReplayLine();
      line.start(pipeline.listenerFor(feed));
      line.open(this.clock.monotonic());
      return line;
    });
  }

  /** Bytes of one sensor, as one chunk. */
  feed(sensor: number, bytes: Uint8Array): void {
    this.#lines[sensor]?.feedBytes(bytes, this.clock.monotonic());
  }

  /** Seals what has closed, hands it over, and forgets it as if it were kept. */
  async take(): Promise<Unkept[]> {
    const { sealing } = this.core;
    await sealing.run();
    const taken = [...sealing.unkept()];
    for (const { message } of taken) sealing.forget(message.epoch, message.seq);
    return taken;
  }

  /** The sealed message of the next minute, with one line of each sensor in it, and its baselines. */
  async nextWindow(n: number): Promise<Unkept> {
    SENSORS.forEach((sensor, index) => {
      this.feed(index, Buffer.from(lineOf(sensor, n)));
    });
    this.clock.advance(60_000);
    const [one] = await this.take();
    if (!one) throw new Error("no window closed");
    return one;
  }
}
