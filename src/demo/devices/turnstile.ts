import type { Stream } from "../crowd.ts";
import { Arrivals, countOf, type Device, type Emission } from "../device.ts";

const HEARTBEAT_MS = 1_000;

/** A turnstile with two counters that run on: CSV rows `inTotal,outTotal` at every turn and every second, form `totals`. */
export class Turnstile implements Device {
  readonly #arrivals: Arrivals;
  #totals = { in: 1_504_736, out: 1_498_210 };
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(stream: Stream, startMs: number) {
    this.#arrivals = new Arrivals(stream, startMs);
  }

  step(nowMs: number, quiet: boolean): Emission {
    const first = this.#toldMs === Number.NEGATIVE_INFINITY;
    // The first row is the baseline that everything is counted from: nobody may have passed before it.
    const passed = countOf(this.#arrivals.take(nowMs, quiet || first));
    if (passed.in + passed.out === 0 && nowMs - this.#toldMs < HEARTBEAT_MS) return { text: "" };
    this.#totals = { in: this.#totals.in + passed.in, out: this.#totals.out + passed.out };
    this.#toldMs = nowMs;
    return { text: `${this.#totals.in},${this.#totals.out}\n`, passed };
  }
}
