import type { SensorConfig } from "../config/schema.ts";
import type { Reading } from "../model.ts";
import { baselineOf, type ChannelState, fromBaseline, stepTotal, type TotalBaseline } from "./count/totals.ts";
import type { WindowBook } from "./count/windows.ts";

type Direction = "in" | "out";

/** First and latest total of a channel whose baseline may still come. */
interface Held {
  readonly first: TotalBaseline;
  readonly latest: TotalBaseline;
}

/** The running totals as plain data, for the crash copy. */
export interface TotalsSnapshot {
  readonly known: boolean;
  readonly channels: readonly (readonly [string, ChannelState])[];
  readonly held: readonly (readonly [string, Held])[];
}

/**
 * The running totals of all sensors. Until forward has answered, nobody knows where a channel stood before;
 * a channel then keeps only its first and its latest total.
 */
export class RunningTotals {
  #known = false;
  #channels = new Map<string, ChannelState>();
  #held = new Map<string, Held>();
  readonly #sensors: ReadonlyMap<string, SensorConfig>;

  constructor(sensors: readonly SensorConfig[], snapshot?: TotalsSnapshot) {
    this.#sensors = new Map(sensors.map((sensor) => [sensor.id, sensor]));
    if (!snapshot) return;
    this.#known = snapshot.known;
    this.#channels = new Map(snapshot.channels);
    this.#held = new Map(snapshot.held);
  }

  /** False until forward has said where the channels stood. */
  get known(): boolean {
    return this.#known;
  }

  /** Counts the steps of one reading into the open window; returns the anomalies met. */
  take(book: WindowBook, sensor: SensorConfig, reading: Extract<Reading, { type: "totals" }>, wallMs: number): string[] {
    const anomalies: string[] = [];
    for (const direction of ["in", "out"] as const) {
      const total = reading[direction];
      if (total === undefined) continue;
      if (!this.#known) this.#hold(`${sensor.id}/${direction}`, { total, atMs: wallMs });
      else anomalies.push(...this.#step(book, sensor, direction, { total, atMs: wallMs }));
    }
    return anomalies;
  }

  /** Baselines are known now (none for a channel that never ran): what was held is counted from them. */
  know(book: WindowBook, baselines: ReadonlyMap<string, TotalBaseline>): void {
    if (this.#known) return;
    this.#known = true;
    for (const [channel, baseline] of baselines) {
      if (this.#sensors.has(sensorOf(channel))) this.#channels.set(channel, fromBaseline(baseline));
    }
    for (const [channel, { first, latest }] of this.#held) {
      const sensor = this.#sensors.get(sensorOf(channel));
      if (!sensor) continue;
      const direction: Direction = channel.endsWith("/in") ? "in" : "out";
      this.#step(book, sensor, direction, first);
      if (latest !== first) this.#step(book, sensor, direction, latest);
    }
    this.#held.clear();
  }

  /** The last total of every running channel, to be kept with the window that closes now. */
  baselines(): [string, TotalBaseline][] {
    if (!this.#known) return [];
    return [...this.#channels].flatMap(([channel, state]) => {
      const baseline = baselineOf(state);
      return baseline ? [[channel, baseline] as [string, TotalBaseline]] : [];
    });
  }

  snapshot(): TotalsSnapshot {
    return { known: this.#known, channels: [...this.#channels], held: [...this.#held] };
  }

  #hold(channel: string, reading: TotalBaseline): void {
    const first = this.#held.get(channel)?.first ?? reading;
    this.#held.set(channel, { first, latest: reading });
  }

  #step(book: WindowBook, sensor: SensorConfig, direction: Direction, { total, atMs }: TotalBaseline): string[] {
    if (sensor.profile === "gpio-pulse") return [];
    const channel = `${sensor.id}/${direction}`;
    const { bits, maxPerSecond } = sensor;
    const before = this.#channels.get(channel);
    const options = bits === undefined ? { maxPerSecond } : { maxPerSecond, bits };
    const { state, delta, sinceMs, anomaly } = stepTotal(before, total, atMs, options);
    this.#channels.set(channel, state);
    if (delta > 0) book.addFlow(sensor.id, direction === "in" ? delta : 0, direction === "out" ? delta : 0);
    // A step is long by its duration, whatever it counted: the flag must not depend on people.
    if (before && book.spansMoreThanWindow(sensor.id, sinceMs, atMs)) book.catchUp(sensor.id, sinceMs);
    if (!anomaly) return [];
    if (anomaly !== "wrap") book.flag(sensor.id, "spike_discarded");
    return [anomaly];
  }
}

function sensorOf(channel: string): string {
  return channel.slice(0, channel.indexOf("/"));
}
