import { totalsOf } from "../config/outputs.ts";
import type { SensorConfig } from "../config/schema.ts";
import type { Reading } from "../model.ts";
import { type HeldTotals, hold, releaseHeld } from "./count/held-totals.ts";
import {
  baselineOf,
  type ChannelState,
  fromBaseline,
  relabelled,
  stepTotal,
  type TotalBaseline,
} from "./count/totals.ts";
import type { WindowBook } from "./count/windows.ts";

const DIRECTIONS = ["in", "out"] as const;
type Direction = (typeof DIRECTIONS)[number];

/** What a reading did to a channel. */
interface Step {
  readonly delta: number;
  readonly sinceMs: number | null;
  readonly anomalies: readonly string[];
}

/** The running totals as plain data, for the crash copy. */
export interface TotalsSnapshot {
  readonly known: boolean;
  readonly channels: readonly (readonly [string, ChannelState])[];
  readonly held: readonly (readonly [string, HeldTotals])[];
}

/**
 * The running totals of all sensors. Until forward has answered, nobody knows where a channel stood before;
 * a channel then keeps only its first and its latest total.
 */
export class RunningTotals {
  #known = false;
  #channels = new Map<string, ChannelState>();
  #held = new Map<string, HeldTotals>();
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
  take(
    book: WindowBook,
    sensor: SensorConfig,
    reading: Extract<Reading, { type: "totals" }>,
    wallMs: number,
  ): string[] {
    const anomalies: string[] = [];
    for (const direction of DIRECTIONS) {
      const total = reading[direction];
      if (total === undefined) continue;
      const channel = `${sensor.id}/${direction}`;
      if (!this.#known) this.#held.set(channel, hold(this.#held.get(channel), total, wallMs));
      else anomalies.push(...this.#step(book, sensor, direction, { total, atMs: wallMs }));
    }
    return anomalies;
  }

  /**
   * Baselines are known now (none for a channel that never ran): what was held is counted from them. Of a sensor that went
   * away meanwhile nothing is: its window is not measured, so its next reading has to make the step.
   */
  know(
    book: WindowBook,
    baselines: ReadonlyMap<string, TotalBaseline>,
    isUp: (sensor: string) => boolean = () => true,
  ): void {
    if (this.#known) return;
    this.#known = true;
    for (const [channel, baseline] of baselines) {
      if (this.#sensors.has(sensorOf(channel))) this.#channels.set(channel, fromBaseline(baseline));
    }
    for (const [channel, held] of this.#held) {
      const sensor = this.#sensors.get(sensorOf(channel));
      const options = sensor && totalsOf(sensor);
      if (!options || (baselines.has(channel) && !isUp(sensor.id))) continue;
      const released = releaseHeld(held, baselines.get(channel) ?? null, options);
      this.#channels.set(channel, released.state);
      this.#count(book, channel, released, held.latest.atMs);
    }
    this.#held.clear();
  }

  /**
   * The last total of every channel that a sensor may have, to be kept with the window that closes now; null for one that
   * has told none. That somebody has passed must not show in how many there are (P9).
   */
  baselines(): [channel: string, last: TotalBaseline | null][] {
    if (!this.#known) return [];
    const counters = [...this.#sensors.values()].filter((sensor) => totalsOf(sensor));
    return counters
      .flatMap(({ id }) => DIRECTIONS.map((direction) => `${id}/${direction}`))
      .map((channel) => {
        const state = this.#channels.get(channel);
        return [channel, (state && baselineOf(state)) ?? null];
      });
  }

  /** What was read since `fromMs` was labelled by a clock that was wrong by `stepMs`; baselines of before were not. */
  relabel(stepMs: number, fromMs: number): void {
    for (const [channel, state] of this.#channels)
      this.#channels.set(channel, relabelled(state, stepMs, fromMs));
    const moved = ({ total, atMs }: TotalBaseline) => ({ total, atMs: atMs === null ? null : atMs + stepMs });
    for (const [channel, { first, latest }] of this.#held)
      this.#held.set(channel, { first: moved(first), latest: moved(latest) });
  }

  snapshot(): TotalsSnapshot {
    return { known: this.#known, channels: [...this.#channels], held: [...this.#held] };
  }

  #step(
    book: WindowBook,
    sensor: SensorConfig,
    direction: Direction,
    { total, atMs }: TotalBaseline,
  ): readonly string[] {
    const options = totalsOf(sensor);
    if (!options) return [];
    const channel = `${sensor.id}/${direction}`;
    const before = this.#channels.get(channel);
    const { state, delta, sinceMs, anomaly } = stepTotal(before, total, atMs, options);
    this.#channels.set(channel, state);
    const anomalies = anomaly ? [anomaly] : [];
    if (before) this.#count(book, channel, { delta, sinceMs, anomalies }, atMs);
    return anomalies;
  }

  #count(book: WindowBook, channel: string, { delta, sinceMs, anomalies }: Step, atMs: number | null): void {
    const flow = { id: sensorOf(channel), kind: "flow" } as const;
    const isIn = channel.endsWith("/in");
    if (delta > 0) book.addFlow(flow.id, isIn ? delta : 0, isIn ? 0 : delta);
    const odd = anomalies.some((anomaly) => anomaly !== "wrap");
    if (odd) book.flag(flow, "spike_discarded");
    // A step is long by its duration, whatever it counted: the flag must not depend on people.
    const measured = sinceMs !== null || !odd;
    if (measured && book.spansMoreThanWindow(flow, sinceMs, atMs)) book.catchUp(flow, sinceMs);
  }
}

function sensorOf(channel: string): string {
  return channel.slice(0, channel.indexOf("/"));
}
