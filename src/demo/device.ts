import { type Direction, passerBy, SLOT_MS, type Stream } from "./crowd.ts";

/** What a device does in one step: the bytes it writes, and what these bytes truly stand for. */
export interface Emission {
  /** Whole lines, or nothing. */
  readonly text: string;
  /** Passages that the lines just told, by the simulator's own count. */
  readonly passed?: { readonly in: number; readonly out: number };
  /** People in view that the lines just told. */
  readonly present?: number;
}

/** A simulated device at the far end of a serial line. It knows nothing of windows, only when to keep quiet. */
export interface Device {
  /**
   * Lives on until `nowMs` (ms since the Unix epoch).
   * @param quiet nothing that counts may be told now
   */
  step(nowMs: number, quiet: boolean): Emission;
}

/** People on their way past a device who wait while it must keep quiet. */
export class Arrivals {
  readonly #stream: Stream;
  readonly #startMs: number;
  #nextSlot = 1;
  #waiting: Direction[] = [];

  constructor(stream: Stream, startMs: number) {
    this.#stream = stream;
    this.#startMs = startMs;
  }

  /** Those who pass now. */
  take(nowMs: number, quiet: boolean): Direction[] {
    for (; this.#nextSlot <= (nowMs - this.#startMs) / SLOT_MS; this.#nextSlot++) {
      const person = passerBy(this.#stream, this.#nextSlot);
      if (person) this.#waiting.push(person);
    }
    if (quiet) return [];
    const people = this.#waiting;
    this.#waiting = [];
    return people;
  }
}

/** How many of these people go each way. */
export function countOf(people: readonly Direction[]): { readonly in: number; readonly out: number } {
  const inward = people.filter((way) => way === "in").length;
  return { in: inward, out: people.length - inward };
}
