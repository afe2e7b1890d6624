import type { Stream } from "../crowd.ts";
import { Arrivals, countOf, type Device, type Emission } from "../device.ts";

/** A gate that tells each passage as it happens: JSON lines, form `passages`. */
export class Gate implements Device {
  readonly #arrivals: Arrivals;

  constructor(stream: Stream, startMs: number) {
    this.#arrivals = new Arrivals(stream, startMs);
  }

  step(nowMs: number, quiet: boolean): Emission {
    const people = this.#arrivals.take(nowMs, quiet);
    const lines = people.map((way) => (way === "in" ? '{"in":1,"out":0}\n' : '{"in":0,"out":1}\n'));
    return { text: lines.join(""), passed: countOf(people) };
  }
}
