import type { ErrorCode } from "../base/errors.ts";
import { outputsOf } from "../config/outputs.ts";
import type { PrivacyConfig, PulseSensorConfig, SensorConfig, SerialSensorConfig } from "../config/schema.ts";
import type { ErrorBucket, LinkState, Output, Reading, SensorState } from "../model.ts";
import { noTracks, stepTracks, type TracksState } from "./count/tracks.ts";
import type { WindowBook } from "./count/windows.ts";
import type { Edge } from "./line/port.ts";
import { type PulseOptions, type PulseState, pulse, settlePulse, startOfPulses } from "./sensor/pulse.ts";
import { type ByteReader, type Decoding, readerFor } from "./sensor/registry.ts";
import type { RunningTotals } from "./totals-keeper.ts";

/** From here on a day's errors are "many". */
const MANY = 100;
const DAY_MS = 86_400_000;

export interface FeedOptions {
  readonly sensor: SensorConfig;
  readonly privacy: PrivacyConfig;
  readonly totals: RunningTotals;
  /** Wall time (ms since the Unix epoch) of a monotonic time. */
  readonly label: (atMs: number) => number;
}

/** One sensor from its bytes to the open windows. */
export class Feed {
  readonly sensor: SensorConfig;
  readonly outputs: readonly Output[];
  /** What went wrong since start, by kind: for diagnostics of a recording, never shown by a running gateway. */
  readonly troubles = new Map<string, number>();
  readonly #options: FeedOptions;
  #reader: ByteReader | undefined;
  #pulses: PulseState = startOfPulses;
  #tracks: TracksState = noTracks;
  #link: LinkState = "down";
  #code: ErrorCode | undefined;
  #lastFrameMs = 0;
  #day = { number: 0, errors: 0 };

  constructor(options: FeedOptions) {
    this.#options = options;
    this.sensor = options.sensor;
    this.outputs = outputsOf(options.sensor, options.privacy);
  }

  up(book: WindowBook, atMs: number): void {
    this.#link = "up";
    this.#code = undefined;
    this.#lastFrameMs = atMs;
    const { sensor } = this.#options;
    // A device that was away starts anew; half a line from before must never meet it.
    if (sensor.profile !== "gpio-pulse") this.#reader = readerFor(sensor);
    this.#pulses = startOfPulses;
    this.#tracks = noTracks;
    this.#watch(book, true, atMs);
  }

  down(book: WindowBook, code: ErrorCode, atMs: number): void {
    this.#link = code === "device.gone" || code === "device.absent" ? "down" : "fault";
    this.#code = code;
    this.#watch(book, false, atMs);
  }

  bytes(book: WindowBook, chunk: Uint8Array, atMs: number): void {
    if (this.#reader) this.#take(book, this.#reader(chunk), atMs);
  }

  edge(book: WindowBook, { level, atMs }: Edge): void {
    const { sensor } = this.#options;
    if (sensor.profile !== "gpio-pulse") return;
    this.#takePulses(book, pulse(this.#pulses, { level, atMs }, pulseOptions(sensor)), atMs);
  }

  /** Called often, and before a window closes: settles a pulse, and notices silence where the sensor's liveness allows it. */
  look(book: WindowBook, atMs: number): void {
    const { sensor } = this.#options;
    if (sensor.profile === "gpio-pulse")
      return this.#takePulses(book, settlePulse(this.#pulses, atMs, pulseOptions(sensor)), atMs);
    if (this.#link !== "up" || !beats(sensor)) return;
    if (atMs - this.#lastFrameMs <= sensor.silentAfterSeconds * 1000) return;
    for (const { id } of this.outputs) book.unwatchSince(id, this.#lastFrameMs, atMs);
  }

  /** What may be told: no function of counts. */
  state(wallMs: number): SensorState {
    const { id, profile } = this.#options.sensor;
    const errors = this.#day.number === Math.floor(wallMs / DAY_MS) ? bucketOf(this.#day.errors) : "none";
    return { id, profile, link: this.#link, errors, ...(this.#code ? { code: this.#code } : {}) };
  }

  #takePulses(book: WindowBook, decoded: Decoding & { readonly state: PulseState }, atMs: number): void {
    this.#pulses = decoded.state;
    if (decoded.discarded.includes("too_fast"))
      for (const { id } of this.outputs) book.flag(id, "spike_discarded");
    this.#take(book, decoded, atMs);
  }

  #take(book: WindowBook, { readings, discarded }: Decoding, atMs: number): void {
    for (const why of discarded) this.#trouble(why, atMs);
    if (readings.length > 0) {
      this.#lastFrameMs = atMs;
      if (this.#link === "up") this.#watch(book, true, atMs);
    }
    for (const reading of readings) this.#count(book, reading, atMs);
  }

  #count(book: WindowBook, reading: Reading, atMs: number): void {
    const { sensor, totals, label } = this.#options;
    switch (reading.type) {
      case "passages":
        return book.addFlow(sensor.id, reading.in, reading.out);
      case "totals":
        for (const anomaly of totals.take(book, sensor, reading, label(atMs))) this.#trouble(anomaly, atMs);
        return;
      case "present":
        return book.samplePresent(sensor.id, reading.present, atMs);
      case "tracks":
        return this.#cross(book, reading, atMs);
    }
  }

  #cross(book: WindowBook, reading: Extract<Reading, { type: "tracks" }>, atMs: number): void {
    const { sensor } = this.#options;
    if (sensor.profile === "gpio-pulse") return;
    const { state, crossings } = stepTracks(this.#tracks, reading, atMs, sensor.lines);
    this.#tracks = state;
    for (const crossing of crossings) book.addFlow(crossing.line, crossing.in, crossing.out);
  }

  /** The baselines are known now: a sensor of running totals is watched from here on. */
  baselinesKnown(book: WindowBook, atMs: number): void {
    if (this.#link === "up") this.#watch(book, true, atMs);
  }

  #watch(book: WindowBook, watching: boolean, atMs: number): void {
    const { sensor, totals } = this.#options;
    if (watching && !totals.known && sensor.profile !== "gpio-pulse" && sensor.sends.includes("totals"))
      return;
    for (const { id } of this.outputs) book.watch(id, watching, atMs);
  }

  #trouble(why: string, atMs: number): void {
    this.troubles.set(why, (this.troubles.get(why) ?? 0) + 1);
    const number = Math.floor(this.#options.label(atMs) / DAY_MS);
    this.#day = { number, errors: (this.#day.number === number ? this.#day.errors : 0) + 1 };
  }
}

function pulseOptions({ gpio, maxPerSecond, counts }: PulseSensorConfig): PulseOptions {
  return { debounceMs: gpio.debounceMs, maxPerSecond, counts };
}

/** A line of a person-triggered sensor says nothing about its life; tracks and gauges come all the time. */
function beats(sensor: SerialSensorConfig): boolean {
  const { liveness, sends } = sensor;
  if (liveness) return liveness === "frames";
  return sends.every((form) => form === "present" || form === "tracks");
}

function bucketOf(errors: number): ErrorBucket {
  return errors === 0 ? "none" : errors < MANY ? "some" : "many";
}
