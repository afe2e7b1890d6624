import { presentAt, type Stream } from "../crowd.ts";
import type { Device, Emission } from "../device.ts";

const EVERY_MS = 1_000;
const SEATS = 24;

/** A camera over a terrace that tells every second how many people it sees: JSON lines, form `present`. */
export class Terrace implements Device {
  readonly #stream: Stream;
  readonly #startMs: number;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(stream: Stream, startMs: number) {
    this.#stream = stream;
    this.#startMs = startMs;
  }

  step(nowMs: number, quiet: boolean): Emission {
    if (quiet || nowMs - this.#toldMs < EVERY_MS) return { text: "" };
    this.#toldMs = nowMs;
    const present = presentAt(this.#stream, nowMs - this.#startMs, SEATS);
    return { text: `{"present":${present}}\n`, present };
  }
}
