import { z } from "zod";
import { assert } from "../base/assert.ts";
import { silentLog } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import type { Config } from "../config/schema.ts";
import type { GatewayEvent, SealedMessage } from "../model.ts";
import { type Core, makeCore } from "./core.ts";
import { endAfter } from "./count/grid.ts";
import { memoryCrashStore } from "./crash/crash-copy.ts";
import { baselineKey } from "./guard/baseline.ts";
import type { GatewayKey, Recipient } from "./guard/seal.ts";
import { ReplayLine } from "./line/replay-line.ts";
import { makeSeal } from "./make-seal.ts";

/** One event of a recording, one JSON line: bytes as text or hex, a level of a GPIO line, or all levels at an opening. */
const common = { t: z.iso.datetime({ offset: true }), sensor: z.string() };
export const recordedEvent = z.union([
  z.strictObject({ ...common, text: z.string() }),
  z.strictObject({ ...common, hex: z.string().regex(/^([0-9a-fA-F]{2})*$/) }),
  z.strictObject({ ...common, line: z.string(), level: z.literal([0, 1]) }),
  z.strictObject({ ...common, levels: z.record(z.string(), z.literal([0, 1])) }),
]);
export type RecordedEvent = z.output<typeof recordedEvent>;

export interface ReplayOptions {
  readonly config: Config;
  readonly gatewayKey: GatewayKey;
  readonly recipient: Recipient;
  readonly onSealed: (message: SealedMessage) => Promise<void>;
}

/** What a replay shows at its end. */
export interface ReplayResult {
  /** What went wrong, by sensor and kind. */
  readonly troubles: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly events: readonly GatewayEvent[];
}

/** A recording has no silence worth looking for between its windows. */
const LOOK_MS = 3_600_000;

/** Runs a recording, ordered by time, through the production path on a virtual clock. */
export async function replay(
  recording: AsyncIterable<RecordedEvent>,
  options: ReplayOptions,
): Promise<ReplayResult> {
  let player: Player | undefined;
  for await (const event of recording) {
    const atMs = Date.parse(event.t);
    player ??= new Player(atMs, options);
    await player.play(event, atMs);
  }
  return player ? player.finish() : { troubles: new Map(), events: [] };
}

class Player {
  readonly #clock: VirtualClock;
  readonly #startMs: number;
  readonly #core: Core;
  readonly #lines = new Map<string, ReplayLine>();
  readonly #onSealed: ReplayOptions["onSealed"];

  constructor(startMs: number, { config, gatewayKey, recipient, onSealed }: ReplayOptions) {
    this.#startMs = startMs;
    this.#onSealed = onSealed;
    this.#clock = new VirtualClock(startMs);
    this.#core = makeCore({
      config,
      bootId: "replay",
      clock: this.#clock,
      log: silentLog,
      random: systemRandom,
      crash: memoryCrashStore(),
      clockSynced: () => true,
      baselineKey: baselineKey(gatewayKey),
      seal: makeSeal(config, gatewayKey, () => recipient),
      onNews: () => {},
      onStates: () => {},
      lookMs: LOOK_MS,
    });
    this.#core.pipeline.start();
    this.#core.pipeline.baselinesKnown(new Map());
    for (const feed of this.#core.feeds) {
      const line = new ReplayLine();
      line.start(this.#core.pipeline.listenerFor(feed));
      line.open(0);
      this.#lines.set(feed.sensor.id, line);
    }
  }

  async play(event: RecordedEvent, atMs: number): Promise<void> {
    await this.#moveTo(atMs - this.#startMs);
    const line = this.#lines.get(event.sensor);
    if (!line) return;
    const now = this.#clock.monotonic();
    if ("text" in event) line.feedBytes(Buffer.from(event.text, "utf8"), now);
    else if ("hex" in event) line.feedBytes(Buffer.from(event.hex, "hex"), now);
    else if ("line" in event) line.feedEdge(event.line, event.level, now);
    else {
      line.fail("device.gone", now);
      line.open(now, event.levels);
    }
  }

  /** Lets the windows end that are open now. */
  async finish(): Promise<ReplayResult> {
    const now = this.#clock.realtime();
    const outputs = this.#core.feeds.flatMap((feed) => feed.outputs);
    const endMs = Math.max(...outputs.map(({ seconds }) => endAfter(now, seconds)));
    await this.#moveTo(endMs - this.#startMs);
    const troubles = new Map(this.#core.feeds.map((feed) => [feed.sensor.id, feed.troubles] as const));
    return { troubles, events: this.#core.events.unkept().map(({ event }) => event) };
  }

  async #moveTo(monotonicMs: number): Promise<void> {
    for (
      let due = this.#clock.nextDue();
      due !== undefined && due <= monotonicMs;
      due = this.#clock.nextDue()
    ) {
      this.#clock.advanceTo(due);
      await this.#passOn();
    }
    this.#clock.advanceTo(monotonicMs);
  }

  async #passOn(): Promise<void> {
    const { sealing } = this.#core;
    while (sealing.waiting > 0) await sealing.run();
    for (const { message } of sealing.unkept()) {
      await this.#onSealed(message);
      assert(sealing.forget(message.epoch, message.seq), "a message is passed on once");
    }
  }
}
