import type { Edge, LineListener } from "./line/port.ts";
import type { Outgoing, PortName } from "./sensor/engine.ts";

/** Somebody who listens beside the sensor's own engine. Times are monotonic ms. */
export interface Tap {
  bytes(port: PortName, chunk: Uint8Array, atMs: number): void;
  sent(outgoing: Outgoing, atMs: number): void;
  edge(edge: Edge): void;
}

/** Where the lines of the sensors can be listened to, for as long as somebody does: nothing is held here. */
export class LineTaps {
  readonly #taps = new Map<string, Set<Tap>>();

  /** @returns how to stop listening */
  listen(sensor: string, tap: Tap): () => void {
    const taps = this.#taps.get(sensor) ?? new Set();
    this.#taps.set(sensor, taps.add(tap));
    return () => void taps.delete(tap);
  }

  /** The same listener, heard by the taps first: an answer comes before the question that it leads to. */
  tapped(sensor: string, port: PortName, listener: LineListener): LineListener {
    return {
      up: (atMs, levels) => listener.up(atMs, levels),
      down: (code, atMs) => listener.down(code, atMs),
      bytes: (chunk, atMs) => {
        for (const tap of this.#of(sensor)) tap.bytes(port, chunk, atMs);
        listener.bytes(chunk, atMs);
      },
      edge: (edge) => {
        for (const tap of this.#of(sensor)) tap.edge(edge);
        listener.edge(edge);
      },
      lost: (edges, atMs) => listener.lost(edges, atMs),
    };
  }

  sent(sensor: string, outgoing: Outgoing, atMs: number): void {
    for (const tap of this.#of(sensor)) tap.sent(outgoing, atMs);
  }

  #of(sensor: string): Iterable<Tap> {
    return this.#taps.get(sensor) ?? [];
  }
}
