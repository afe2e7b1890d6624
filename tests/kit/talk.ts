import type { Reading } from "../../src/model.ts";
import type { Discard } from "../../src/sense/sensor/decoder.ts";
import type { Engine, Step } from "../../src/sense/sensor/engine.ts";

/** A device at the other end: what it says to what it hears and when (ms of the test), or nothing. */
export type Device = (heard: Uint8Array, nowMs: number) => Uint8Array | undefined;

export const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
export const text = (line: string) => Uint8Array.from(Buffer.from(line, "latin1"));

/** An engine and its device, with a time that only the test moves. */
export class Bench {
  readonly engine: Engine;
  readonly sent: string[] = [];
  /** What the device said to each of what was sent, in hex as that is; null for nothing. */
  readonly answered: (string | null)[] = [];
  readonly readings: Reading[] = [];
  readonly discarded: Discard[] = [];
  nowMs = 1000;
  readonly #device: Device;

  constructor(engine: Engine, device: Device = () => undefined) {
    this.engine = engine;
    this.#device = device;
  }

  /** Opens the line and lets so many ms pass. */
  open(forMs = 0): this {
    this.#take(this.engine.opened(this.nowMs));
    return this.pass(forMs);
  }

  /** Time passes, with a tick at every moment that the engine asks for. */
  pass(forMs: number): this {
    const untilMs = this.nowMs + forMs;
    for (let due = this.engine.dueMs; due !== null && due <= untilMs; due = this.engine.dueMs) {
      this.nowMs = Math.max(this.nowMs, due);
      this.#take(this.engine.tick(this.nowMs));
    }
    this.nowMs = untilMs;
    return this;
  }

  bytes(...chunks: readonly Uint8Array[]): this {
    for (const chunk of chunks) this.#take(this.engine.bytes("main", chunk, this.nowMs));
    return this;
  }

  #take({ readings, discarded, send }: Step): void {
    this.readings.push(...readings);
    this.discarded.push(...discarded);
    for (const { bytes } of send) {
      this.sent.push(Buffer.from(bytes).toString("hex"));
      const answer = this.#device(bytes, this.nowMs);
      this.answered.push(answer ? Buffer.from(answer).toString("hex") : null);
      if (answer) this.bytes(answer);
    }
  }
}
