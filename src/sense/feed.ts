import type { ErrorCode } from "../base/errors.ts";
import { beats } from "../config/facts.ts";
import { givesOfSensor, outputsOf } from "../config/outputs.ts";
import type { Gives, Profile } from "../config/profile.ts";
import type { PrivacyConfig, SensorConfig } from "../config/schema.ts";
import type { Levels, LinkState, Output, SensorState } from "../model.ts";
import { codeOf, Rubbish } from "./condition-codes.ts";
import type { WindowBook } from "./count/windows.ts";
import { Counting } from "./counting.ts";
import { ErrorDay } from "./error-day.ts";
import { followsPeople } from "./follows-people.ts";
import type { Edge } from "./line/port.ts";
import { portsOf } from "./line-settings.ts";
import type { Condition, Engine, Outgoing, PortName, Step } from "./sensor/engine.ts";
import { engineFor } from "./sensor/registry.ts";
import type { RunningTotals } from "./totals-keeper.ts";
import type { WalkTap } from "./walk-tap.ts";

/** The other direction: from the sensor's feed to its lines. */
export interface Device {
  send(outgoing: Outgoing): void;
  /** See Line. */
  drain(beforeMs: number): void;
  /** See Line: all of them. */
  readonly remembers: boolean;
}

const NO_DEVICE: Device = { send() {}, drain() {}, remembers: false };

export interface FeedOptions {
  readonly sensor: SensorConfig;
  readonly privacy: PrivacyConfig;
  readonly totals: RunningTotals;
  readonly walk: Pick<WalkTap, "mark" | "read">;
  /** Wall time (ms since the Unix epoch) of a monotonic time. */
  readonly label: (atMs: number) => number;
  /** See engineFor. */
  readonly debounced?: boolean;
}

/** One sensor from its bytes to the open windows. */
export class Feed {
  readonly sensor: SensorConfig;
  readonly outputs: readonly Output[];
  /** What went wrong since start, by kind: for diagnostics of a recording, never shown by a running gateway. */
  readonly troubles = new Map<string, number>();
  readonly #options: FeedOptions;
  readonly #gives: ReadonlySet<Gives>;
  readonly #counting: Counting;
  #device = NO_DEVICE;
  readonly #open = new Set<PortName>();
  #engine: Engine | undefined;
  #link: LinkState = "down";
  #code: ErrorCode | undefined;
  #condition: Condition = "starting";
  /** When something was read last, or the line was opened. */
  #lastReadingMs = 0;
  readonly #rubbish: Rubbish;
  readonly #errors = new ErrorDay();

  constructor(options: FeedOptions) {
    this.#options = options;
    this.sensor = options.sensor;
    this.#rubbish = new Rubbish(options.sensor);
    this.outputs = outputsOf(options.sensor, options.privacy);
    this.#gives = givesOfSensor(options.sensor);
    this.#counting = new Counting(options);
  }

  /** Says where its lines are. */
  connect(device: Device): void {
    this.#device = device;
  }

  /** The process did nothing between two monotonic times. */
  stoodStill(book: WindowBook, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): void {
    if (this.#device.remembers) return;
    for (const output of this.outputs) book.blind(output, fromMs, toMs);
    // It was not silent: nobody listened.
    this.#lastReadingMs += toMs - fromMs;
  }

  /** One of its lines is open; it is watched once all are. */
  up(book: WindowBook, port: PortName, atMs: number, levels: Levels = {}): void {
    this.#open.add(port);
    if (this.#open.size < portsOf(this.sensor).length) return;
    this.#link = "up";
    this.#code = undefined;
    this.#lastReadingMs = atMs;
    // A device that was away starts anew; half a frame from before must never meet it.
    this.#engine = engineFor(this.sensor, this.#options.debounced);
    this.#condition = "starting";
    this.#counting.begin();
    this.#take(book, this.#engine.opened(atMs, levels), atMs);
  }

  down(book: WindowBook, { port, code, atMs }: { port: PortName; code: ErrorCode; atMs: number }): void {
    this.#open.delete(port);
    this.#engine = undefined;
    this.#link = code === "device.gone" || code === "device.absent" ? "down" : "fault";
    this.#code = code;
    this.#watch(book, false, atMs);
  }

  bytes(book: WindowBook, { port, chunk, atMs }: { port: PortName; chunk: Uint8Array; atMs: number }): void {
    if (!this.#engine) return;
    if (port === "main") this.#rubbish.bytes(atMs);
    this.#take(book, this.#engine.bytes(port, chunk, atMs), atMs);
  }

  /** @param late its window has closed: the passage that it ends is discarded, not moved (P6) */
  edge(book: WindowBook, { name, level, atMs }: Edge, late: boolean): void {
    if (!this.#engine) return;
    const step = this.#engine.edge(name, level, atMs);
    if (late && step.readings.length > 0) this.lost(book, 1);
    this.#take(book, late ? { ...step, readings: [] } : step, atMs);
  }

  /** Passages may be among them, so the windows say that they are not whole. Nothing else tells it (P9). */
  lost(book: WindowBook, edges: number): void {
    this.troubles.set("edges_lost", (this.troubles.get("edges_lost") ?? 0) + edges);
    for (const output of this.outputs) book.flag(output, "edges_lost");
  }

  /** Called when due, and before a window closes. What happened until then is read first: it belongs to the window (P6). */
  look(book: WindowBook, atMs: number): void {
    this.#device.drain(atMs);
    this.#options.walk.mark(this, book);
    if (!this.#engine) return;
    this.#take(book, this.#engine.tick(atMs), atMs);
    this.#counting.look(book, atMs);
    const { sensor } = this;
    // The engine of a device judges its silence itself.
    if (sensor.profile === "device" || !beats(sensor)) return;
    if (atMs - this.#lastReadingMs <= sensor.silentAfterSeconds * 1000) return;
    for (const output of this.outputs) book.unwatchSince(output, this.#lastReadingMs, atMs);
  }

  /** All of its lines are open. */
  get isOpen(): boolean {
    return this.#engine !== undefined;
  }

  /** See Engine. */
  get tallies(): Engine["tallies"] {
    return this.#engine?.tallies;
  }

  /** When it wants to be looked at next (monotonic ms), or null. */
  get dueMs(): number | null {
    return this.#engine?.dueMs ?? null;
  }

  /** What may be told: no function of counts. */
  state(wallMs: number): SensorState {
    const device = this.sensor.profile === "device" ? this.sensor.device : undefined;
    const experimental = device?.status === "experimental" && { experimental: true as const };
    const errors = this.#errors.bucket(wallMs);
    return {
      id: this.sensor.id,
      profile: device?.id ?? this.sensor.profile,
      link: this.#link,
      errors,
      ...experimental,
      ...(this.#code ? { code: this.#code } : {}),
    };
  }

  #take(book: WindowBook, { readings, discarded, send }: Step, atMs: number): void {
    for (const outgoing of send) this.#device.send(outgoing);
    for (const why of discarded) this.#trouble(why, atMs);
    if (discarded.includes("too_fast"))
      for (const output of this.outputs) book.flag(output, "spike_discarded");
    if (readings.length > 0) this.#lastReadingMs = atMs;
    this.#judge(book, this.#engine?.condition ?? "starting", atMs);
    for (const reading of readings)
      for (const anomaly of this.#counting.count(book, reading, atMs)) this.#trouble(anomaly, atMs);
  }

  /** Passages must not decide what counts as watched (P9): a device's own conversation does, or lines that always come. */
  #judge(book: WindowBook, condition: Condition, atMs: number): void {
    const { sensor } = this;
    const fellSilent = condition === "silent" && this.#condition === "working";
    this.#condition = condition;
    if (condition === "working") this.#rubbish.frames();
    this.#code = codeOf(condition, { rubbish: this.#rubbish.heard(atMs), before: this.#code });
    this.#link = this.#code ? "fault" : "up";
    if (fellSilent && sensor.profile === "device") this.#unwatchSilence(book, sensor.device, atMs);
    if (condition !== "working") this.#watch(book, false, atMs);
    else if (sensor.profile === "device" || this.#lastReadingMs === atMs) this.#watch(book, true, atMs);
  }

  /** Silence is found when it has lasted; a counter that is polled counts on meanwhile. */
  #unwatchSilence(book: WindowBook, { health }: Profile, atMs: number): void {
    if (health.liveness === "poll") return;
    const sinceMs = atMs - (health.silentAfterMs ?? 0);
    for (const output of this.outputs) book.unwatchSince(output, sinceMs, atMs);
  }

  /** The baselines are known now: a sensor of running totals is watched from here on. */
  baselinesKnown(book: WindowBook, atMs: number): void {
    if (this.#link === "up") this.#watch(book, true, atMs);
  }

  #watch(book: WindowBook, watching: boolean, atMs: number): void {
    if (watching && !this.#options.totals.known && this.#gives.has("totals")) return;
    for (const output of this.outputs) book.watch(output, watching, atMs);
  }

  #trouble(why: string, atMs: number): void {
    this.troubles.set(why, (this.troubles.get(why) ?? 0) + 1);
    if (followsPeople(this.sensor, why)) return;
    this.#errors.add(this.#options.label(atMs));
  }
}
