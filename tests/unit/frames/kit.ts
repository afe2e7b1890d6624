import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Framer, Holding } from "../../../src/sense/sensor/frames/framer.ts";

/** Everything that came of some chunks. */
export interface Run<State> {
  readonly state: State;
  readonly names: readonly string[];
  readonly frames: readonly Uint8Array[];
  readonly skipped: number;
  readonly aside: number;
  readonly failed: number;
  readonly tooLong: number;
  /** The most bytes that were ever held. */
  readonly mostHeld: number;
}

/** Pushes chunks one after the other, and keeps the books: no byte may appear or disappear. */
export function run<State extends Holding>(
  framer: Framer<State>,
  chunks: readonly Uint8Array[],
  from: State = framer.start,
): Run<State> {
  let state = from;
  const frames: Uint8Array[] = [];
  const names: string[] = [];
  let [skipped, aside, failed, tooLong, mostHeld, put] = [0, 0, 0, 0, 0, owned(from)];
  for (const chunk of chunks) {
    const pushed = framer.push(state, chunk);
    state = pushed.state;
    frames.push(...pushed.frames.map(({ frame }) => frame));
    names.push(...pushed.frames.map(({ name }) => name));
    skipped += pushed.skipped;
    aside += pushed.aside;
    failed += pushed.failed;
    tooLong += pushed.tooLong;
    put += chunk.length;
    mostHeld = Math.max(mostHeld, state.held.length);
    // Room for what comes next is held too, within bounds.
    const memory = state.held.buffer.byteLength;
    if (memory > 4 * state.held.length) throw new Error(`${memory} bytes of memory for ${state.held.length}`);
  }
  const framed = frames.reduce((sum, frame) => sum + frame.length, 0);
  expect(framed + skipped + aside + state.held.length).toBe(put);
  return { state, names, frames, skipped, aside, failed, tooLong, mostHeld };
}

/** Bytes that came before: those held, and those that a new Modbus request threw away without having told. */
function owned(state: Holding & { readonly dropped?: number }): number {
  return state.held.length + (state.dropped ?? 0);
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
}

export function text(characters: string): Uint8Array {
  return Uint8Array.from(Buffer.from(characters, "latin1"));
}

/** Frames as Latin-1 text. */
export function texts(frames: readonly Uint8Array[]): string[] {
  return frames.map((frame) => Buffer.from(frame).toString("latin1"));
}

/** Frames as hex. */
export function hexes(frames: readonly Uint8Array[]): string[] {
  return frames.map((frame) => Buffer.from(frame).toString("hex"));
}

export function glued(...pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(pieces));
}

export function singly(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/** A piece over and over, up to some length. */
export function repeated(piece: Uint8Array, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => piece[at % piece.length] ?? 0);
}

/** A recording of sensor bytes; for use inside `describeWithRecording("sensor-bytes", ...)`. */
export function recordedBytes(file: string): Uint8Array {
  const folder = new URL("../../../../shared/data/sensor-bytes/", import.meta.url);
  return Uint8Array.from(readFileSync(new URL(file, folder)));
}

/** The bytes of a worked frame in `vectors.json`, by protocol and the beginning of its name. */
export function vector(protocol: string, name: string): Uint8Array {
  const all: { protocol: string; name: string; hex: string }[] = JSON.parse(
    Buffer.from(recordedBytes("vectors.json")).toString("utf8"),
  );
  const found = all.find((one) => one.protocol === protocol && one.name.startsWith(name));
  expect(found, `${protocol}: ${name}`).toBeDefined();
  return hex(found?.hex ?? "");
}
