import type { CountingLine } from "../../src/config/schema.ts";
import type { Reading } from "../../src/model.ts";
import { noTracks, stepTracks } from "../../src/sense/count/tracks.ts";
import type { Discard } from "../../src/sense/sensor/decoder.ts";
import type { Engine, Step } from "../../src/sense/sensor/engine.ts";
import type { SimulatedDevice } from "../../src/simulators/catalog.ts";
import type { LineBytes } from "../../src/simulators/simulator.ts";

/** A reading, and when it was made. */
export interface Heard {
  readonly atMs: number;
  readonly reading: Reading;
}

/** An engine and a simulated device on the same lines, with a time that only the test moves. Bytes take no time. */
export class Meeting {
  readonly heard: Heard[] = [];
  readonly discarded: Discard[] = [];
  /** Whether bytes of the device are lost on their way. */
  lost: (said: LineBytes) => boolean = () => false;
  /** What the line makes of bytes of the device: pieces, in order, damaged or whole. */
  pieces: (said: LineBytes) => readonly Uint8Array[] = ({ bytes }) => [bytes];
  nowMs: number;
  readonly engine: Engine;
  readonly device: SimulatedDevice;

  constructor(engine: Engine, device: SimulatedDevice, nowMs = 0) {
    this.engine = engine;
    this.device = device;
    this.nowMs = nowMs;
    this.#take(engine.opened(nowMs));
  }

  /** Time passes, with a tick for either whenever it asks for one. */
  run(untilMs: number): this {
    for (let dueMs = this.#dueMs(); dueMs <= untilMs; dueMs = this.#dueMs()) {
      this.nowMs = Math.max(this.nowMs, dueMs);
      if (isDue(this.device.dueMs, this.nowMs)) this.#hear(this.device.tick(this.nowMs));
      if (isDue(this.engine.dueMs, this.nowMs)) this.#take(this.engine.tick(this.nowMs));
    }
    this.nowMs = untilMs;
    return this;
  }

  /** What was read, in order. */
  get readings(): readonly Reading[] {
    return this.heard.map(({ reading }) => reading);
  }

  /** The device without power for a moment. */
  reboot(): this {
    this.device.reboot(this.nowMs);
    return this;
  }

  /** How many people were in view at each reading that tells it. */
  present(): readonly { readonly atMs: number; readonly present: number }[] {
    return this.heard.flatMap(({ atMs, reading }) =>
      reading.type === "present" ? [{ atMs, present: reading.present }] : [],
    );
  }

  #dueMs(): number {
    const [engine, device] = [this.engine.dueMs, this.device.dueMs];
    return Math.min(engine ?? Number.POSITIVE_INFINITY, device ?? Number.POSITIVE_INFINITY);
  }

  #take({ readings, discarded, send }: Step): void {
    for (const reading of readings) this.heard.push({ atMs: this.nowMs, reading });
    this.discarded.push(...discarded);
    for (const said of send) this.#hear(this.device.hear(said, this.nowMs));
  }

  #hear(said: readonly LineBytes[]): void {
    for (const one of said) {
      if (this.lost(one)) continue;
      for (const piece of this.pieces(one)) this.#take(this.engine.bytes(one.port, piece, this.nowMs));
    }
  }
}

/** What the readings add up to: passages, steps of totals that start at 0 without power, and crossings of a line. */
export function countedIn(heard: readonly Heard[], line?: CountingLine): { in: number; out: number } {
  const sum = { in: 0, out: 0 };
  let tracks = noTracks;
  let last: { in: number; out: number } | undefined;
  const add = (step: { in: number; out: number }) => {
    sum.in += step.in;
    sum.out += step.out;
  };
  for (const { atMs, reading } of heard) {
    if (reading.type === "passages") add(reading);
    if (reading.type === "totals") {
      const now = { in: reading.in ?? 0, out: reading.out ?? 0 };
      if (last) add({ in: stepOf(last.in, now.in), out: stepOf(last.out, now.out) });
      last = now;
    }
    if (reading.type === "tracks" && line) {
      const stepped = stepTracks(tracks, reading, atMs, [line]);
      tracks = stepped.state;
      for (const crossing of stepped.crossings) add(crossing);
    }
  }
  return sum;
}

function isDue(dueMs: number | null, nowMs: number): boolean {
  return dueMs !== null && dueMs <= nowMs;
}

function stepOf(before: number, now: number): number {
  return now < before ? now : now - before;
}
