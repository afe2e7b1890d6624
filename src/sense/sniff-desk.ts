import { z } from "zod";
import { assert } from "../base/assert.ts";
import { type Clock, sleep } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { factsOf } from "../config/facts.ts";
import type { Config } from "../config/schema.ts";
import type { Asked } from "../ops/control.ts";
import { earFor } from "../sniff/ear.ts";
import { planOf, type SniffPlan } from "../sniff/plan.ts";
import { MOST_SNIFF_SECONDS, type Sniffed } from "../sniff/sniffed.ts";
import { Sniffer } from "../sniff/sniffer.ts";
import type { Feed } from "./feed.ts";
import type { LineTaps } from "./line-taps.ts";

export interface SniffDeskOptions {
  readonly config: Config;
  readonly feeds: readonly Feed[];
  readonly taps: LineTaps;
  readonly clock: Clock;
}

const wish = z.strictObject({
  verb: z.literal("sniff"),
  sensor: z.string(),
  seconds: z.int().min(1).max(MOST_SNIFF_SECONDS),
});

/** Listens to one line at a time for whoever asks, and tells what follows from the wiring, never from people (P9). */
export class SniffDesk {
  readonly #options: SniffDeskOptions;
  #busy = false;

  constructor(options: SniffDeskOptions) {
    this.#options = options;
  }

  /** @throws TelpostError usage.bad_arguments, sniff.* */
  async serve({ request, left }: Asked): Promise<Sniffed> {
    const asked = wish.safeParse(request);
    const feed = this.#options.feeds.find(({ sensor }) => sensor.id === asked.data?.sensor);
    if (!asked.success || !feed) throw new TelpostError("usage.bad_arguments");
    const plan = planOf(feed.sensor);
    if (!plan) throw new TelpostError("sniff.passages", feed.sensor.id);
    if (!feed.isOpen) throw new TelpostError("sniff.sensor_down", feed.sensor.id);
    if (this.#busy) throw new TelpostError("sniff.running");
    this.#busy = true;
    try {
      return await this.#listen(feed, plan, { seconds: asked.data.seconds, left });
    } finally {
      this.#busy = false;
    }
  }

  async #listen(
    feed: Feed,
    plan: SniffPlan,
    { seconds, left }: { readonly seconds: number; readonly left: AbortSignal },
  ): Promise<Sniffed> {
    const { config, taps, clock } = this.#options;
    const { sensor } = feed;
    const sniffer = new Sniffer(plan, earFor(sensor));
    const before = feed.tallies;
    const stop = taps.listen(sensor.id, {
      bytes: (port, chunk, atMs) => (port === "main" ? sniffer.bytes(chunk, atMs) : undefined),
      sent: ({ bytes }, atMs) => sniffer.sent(bytes, atMs),
      // A sensor on GPIO lines has no plan.
      edge: () => assert(false, "nobody sniffs at GPIO lines"),
    });
    await sleep(clock, seconds * 1000, left, "sniff");
    stop();
    const after = feed.tallies;
    if (!feed.isOpen) throw new TelpostError("sniff.sensor_down", sensor.id);
    const { id, profile, ports } = factsOf(sensor, config.privacy);
    const { kinds, nominalMs } = plan;
    const findings = sniffer.findings(seconds, before && after && { before, after });
    return { sensor: id, profile, ports, kinds, nominalMs, ...findings };
  }
}
