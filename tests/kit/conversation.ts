import type { Reading } from "../../src/model.ts";
import type { Discard } from "../../src/sense/sensor/decoder.ts";
import type { Engine, Step } from "../../src/sense/sensor/engine.ts";
import type { PowerUp, SimulatedDevice } from "../../src/simulators/catalog.ts";
import type { Walker } from "../../src/simulators/scene.ts";
import type { LineBytes } from "../../src/simulators/simulator.ts";

/** What the line makes of bytes on their way. */
export type Wire = (bytes: LineBytes, atMs: number) => readonly LineBytes[];

const clean: Wire = (bytes) => [bytes];

/** An engine and a simulated device at the two ends of a line, on a time that only the test moves. */
export class Conversation {
  readonly readings: Reading[] = [];
  readonly discarded: Discard[] = [];
  readonly device: SimulatedDevice;
  readonly engine: Engine;
  /** The line from the device; a test may damage it. */
  wire: Wire = clean;
  nowMs = 0;

  constructor(engine: Engine, powerUp: PowerUp, scene: readonly Walker[]) {
    this.engine = engine;
    this.device = powerUp(scene, 0);
    this.#take(engine.opened(0));
  }

  /** Time passes for both, each ticked when it asks. */
  until(untilMs: number): this {
    for (let next = this.#next(); next <= untilMs; next = this.#next()) {
      this.nowMs = Math.max(this.nowMs, next);
      const { engine, device, nowMs } = this;
      if ((device.dueMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#hear(device.tick(nowMs));
      if ((engine.dueMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#take(engine.tick(nowMs));
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
    return this;
  }

  /** The device without power for a moment. */
  reboot(): this {
    this.device.reboot(this.nowMs);
    return this;
  }

  #next(): number {
    return Math.min(
      this.device.dueMs ?? Number.POSITIVE_INFINITY,
      this.engine.dueMs ?? Number.POSITIVE_INFINITY,
    );
  }

  #hear(said: readonly LineBytes[]): void {
    for (const whole of said)
      for (const { port, bytes } of this.wire(whole, this.nowMs))
        this.#take(this.engine.bytes(port, bytes, this.nowMs));
  }

  #take({ readings, discarded, send }: Step): void {
    this.readings.push(...readings);
    this.discarded.push(...discarded);
    for (const outgoing of send) this.#hear(this.device.hear(outgoing, this.nowMs));
  }
}
