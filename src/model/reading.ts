import type { ByClass } from "./values.ts";

/** What a decoder makes of bytes. A class is always one of the set that the configuration gives the sensor, never a text of the device. */

/** A point of a track at one instant; positions in metres. It exists only in the sensor and count stages. */
export interface TrackPoint {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  /** What it is, where the sensor has a set of classes. */
  readonly class?: string;
}

/** Logical levels of GPIO lines (after active-low), by their names. */
export type Levels = Readonly<{ [name: string]: 0 | 1 }>;

/** What a decoder may emit, and nothing else (P1). */
export type Reading =
  /** Passages since the previous reading, all of one class where the sensor has a set of them; whole numbers >= 0. */
  | { readonly type: "passages"; readonly in: number; readonly out: number; readonly class?: string }
  /** Counters that run on; whole numbers >= 0. A missing direction is not reported by this device. */
  | { readonly type: "totals"; readonly in?: number; readonly out?: number }
  /** People in view now; a whole number >= 0. */
  | { readonly type: "present"; readonly present: number }
  /** Of each class of the sensor's set, always of all: how many are in view now; whole numbers >= 0. */
  | { readonly type: "presentByClass"; readonly present: ByClass<number> }
  /** Positions now of everybody in view, from a device that gives no identity: who is who is found by the count stage. */
  | { readonly type: "targets"; readonly targets: readonly { readonly x: number; readonly y: number }[] }
  /** Positions now. `whole`: the list holds everybody in view; otherwise it updates the points named. */
  | { readonly type: "tracks"; readonly points: readonly TrackPoint[]; readonly whole: boolean };
