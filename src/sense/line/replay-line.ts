import { assert } from "../../base/assert.ts";
import type { ErrorCode } from "../../base/errors.ts";
import type { Levels } from "../../model.ts";
import type { Line, LineListener } from "./port.ts";

/**
 * The line of a recording: its owner plays the device, with the times (monotonic milliseconds) at which things happened.
 * It behaves as hardware does: nothing is heard before it was opened, after it failed, or after it was stopped.
 */
export class ReplayLine implements Line {
  readonly #onWrite: (bytes: Uint8Array) => void;
  #listener: LineListener | undefined;
  #started = false;
  #open = false;
  #toldDown: ErrorCode | undefined;

  /** @param onWrite receives what the gateway sends to the device while it is open */
  constructor(onWrite: (bytes: Uint8Array) => void = () => {}) {
    this.#onWrite = onWrite;
  }

  start(listener: LineListener): void {
    assert(!this.#started, "a line starts once");
    this.#started = true;
    this.#listener = listener;
  }

  write(bytes: Uint8Array): void {
    if (this.#open) this.#onWrite(bytes);
  }

  async stop(): Promise<void> {
    this.#started = true;
    this.#listener = undefined;
    this.#open = false;
  }

  /** The device is there from now on; its GPIO lines stand at these levels. */
  open(atMs: number, levels: Levels = {}): void {
    if (this.#open || !this.#listener) return;
    this.#open = true;
    this.#toldDown = undefined;
    this.#listener.up(atMs, levels);
  }

  /** The device went away, or could not be opened; the same reason twice is told once. */
  fail(code: ErrorCode, atMs: number): void {
    this.#open = false;
    if (code === this.#toldDown) return;
    this.#toldDown = code;
    this.#listener?.down(code, atMs);
  }

  feedBytes(chunk: Uint8Array, atMs: number): void {
    if (this.#open) this.#listener?.bytes(chunk, atMs);
  }

  /** `level` is logical (after active-low). */
  feedEdge(name: string, level: 0 | 1, atMs: number): void {
    if (this.#open) this.#listener?.edge({ name, level, atMs });
  }

  /** So many level changes were missed before this moment. */
  feedLost(edges: number, atMs: number): void {
    if (this.#open) this.#listener?.lost(edges, atMs);
  }
}
