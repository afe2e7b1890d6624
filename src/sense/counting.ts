import { classesOf, givesOfSensor } from "../config/outputs.ts";
import type { Gives } from "../config/profile.ts";
import type { SensorConfig } from "../config/schema.ts";
import type { Reading } from "../model.ts";
import { type AssociationState, associate, nobody, WALKING } from "./count/associate.ts";
import { noTracks, stepTracks, type TracksState } from "./count/tracks.ts";
import type { WindowBook } from "./count/windows.ts";
import { zonesOf } from "./count/zones.ts";
import type { RunningTotals } from "./totals-keeper.ts";
import type { WalkTap } from "./walk-tap.ts";

type TotalsReading = Extract<Reading, { type: "totals" }>;
type TracksReading = Extract<Reading, { type: "tracks" }>;

export interface CountingOptions {
  readonly sensor: SensorConfig;
  readonly totals: RunningTotals;
  readonly walk: Pick<WalkTap, "read">;
  /** Wall time (ms since the Unix epoch) of a monotonic time. */
  readonly label: (atMs: number) => number;
}

/** The readings of one sensor into the open windows: who crossed a line, who is in a zone, what a counter counted. */
export class Counting {
  readonly #options: CountingOptions;
  readonly #gives: ReadonlySet<Gives>;
  /** Undefined, once: people are not told apart. */
  readonly #classes: readonly (string | undefined)[];
  #tracks: TracksState = noTracks;
  #walkers: AssociationState = nobody;
  /** Positions come one person at a time. */
  #inParts: boolean;

  constructor(options: CountingOptions) {
    const { sensor } = options;
    this.#options = options;
    this.#gives = givesOfSensor(sensor);
    this.#classes = classesOf(sensor) ?? [undefined];
    this.#inParts = sensor.profile === "generic-csv" && this.#gives.has("tracks");
  }

  /** Its line was opened: who was in view is not known. */
  begin(): void {
    this.#tracks = noTracks;
    this.#walkers = nobody;
  }

  /** Where a line is one person's place nobody says that the last one left. */
  look(book: WindowBook, atMs: number): void {
    if (this.#inParts) this.#cross(book, { points: [], whole: false }, atMs);
  }

  /** @returns what was odd about it */
  count(book: WindowBook, reading: Reading, atMs: number): readonly string[] {
    const { sensor } = this.#options;
    switch (reading.type) {
      case "passages":
        book.addFlow(sensor.id, reading.in, reading.out, reading.class);
        return [];
      case "totals":
        return this.#step(book, reading, atMs);
      case "present":
        if (this.#gives.has("present")) book.samplePresent(sensor.id, reading.present, atMs);
        return [];
      case "presentByClass":
        if (!this.#gives.has("present")) return [];
        for (const [name, present] of Object.entries(reading.present))
          book.samplePresent(sensor.id, present, atMs, name);
        return [];
      case "tracks":
        this.#cross(book, reading, atMs);
        return [];
      case "targets": {
        const { state, points } = associate(this.#walkers, reading.targets, atMs, WALKING);
        this.#walkers = state;
        this.#cross(book, { points, whole: true }, atMs);
        return [];
      }
    }
  }

  #step(book: WindowBook, reading: TotalsReading, atMs: number): readonly string[] {
    const { sensor, totals, walk, label } = this.#options;
    // The counter runs on: what it counts before the window begins comes with the first reading in it.
    if (book.waits({ id: sensor.id, kind: "flow" })) return [];
    const anomalies = totals.take(book, sensor, reading, label(atMs));
    walk.read(sensor.id);
    return anomalies;
  }

  #cross(book: WindowBook, reading: Pick<TracksReading, "points" | "whole">, atMs: number): void {
    const { lines, zones } = this.#options.sensor;
    this.#inParts = !reading.whole;
    const { state, crossings } = stepTracks(this.#tracks, reading, atMs, lines);
    this.#tracks = state;
    for (const { line, in: entered, out, class: name } of crossings) book.addFlow(line, entered, out, name);
    // A list of everybody says it all; otherwise whoever was seen a moment ago is still there.
    const people = reading.whole ? reading.points : [...state.values()];
    for (const name of this.#classes) {
      const these = people.filter((one) => one.class === name);
      for (const [zone, present] of zonesOf(these, zones)) book.samplePresent(zone, present, atMs, name);
    }
  }
}
