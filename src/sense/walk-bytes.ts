import type { SensorConfig } from "../config/schema.ts";
import { type Ear, earFor, type Heard } from "../sniff/ear.ts";
import { hex } from "../sniff/plan.ts";
import type { ToEngineer } from "../walk/talk.ts";
import type { Tap } from "./line-taps.ts";

/** Per second, so that a slow terminal follows, and so that nothing larger than frames of a sensor could ever be read here. */
const MAX_BYTES = 256;
const MAX_LINES = 20;
const MAX_BYTES_A_LINE = 64;
const MAX_FOUND = 4;

type Told = Extract<ToEngineer, { say: "bytes" | "edge" }>;

/** Whether the bytes of a sensor may be shown at all: not of one that could send a picture. */
export function mayShowBytes(sensor: SensorConfig): boolean {
  return sensor.profile !== "device" || sensor.device.privacy.forbid.length === 0;
}

/**
 * What goes over the line of one sensor, for the engineer of its walk test: bytes both ways, and what the framer makes of
 * them. Bounded in each second; what is above is counted as hidden. Nothing is kept.
 */
export class WalkBytes implements Tap {
  readonly #ear: Ear | null;
  readonly #beganAtMs: number;
  readonly #tell: (told: Told) => void;
  #second = -1;
  #bytes = 0;
  #lines = 0;
  #hidden = 0;

  /** @param beganAtMs monotonic ms */
  constructor(sensor: SensorConfig, beganAtMs: number, tell: (told: Told) => void) {
    this.#ear = earFor(sensor);
    this.#beganAtMs = beganAtMs;
    this.#tell = tell;
  }

  bytes(port: "main" | "command", chunk: Uint8Array, atMs: number): void {
    const heard = port === "main" ? this.#ear?.hear(chunk) : undefined;
    this.#show("from", { bytes: chunk, found: heard ? wordsOf(heard) : [], atMs });
  }

  sent(
    { port, bytes }: { readonly port: "main" | "command"; readonly bytes: Uint8Array },
    atMs: number,
  ): void {
    if (port === "main") this.#ear?.asked(bytes);
    this.#show("to", { bytes, found: [], atMs });
  }

  edge({ name, level, atMs }: { readonly name: string; readonly level: 0 | 1; readonly atMs: number }): void {
    const sinceMs = this.#since(atMs);
    if (this.#lines >= MAX_LINES) return;
    this.#lines++;
    this.#tell({ say: "edge", sinceMs, name, level });
  }

  #show(
    way: "from" | "to",
    {
      bytes,
      found,
      atMs,
    }: { readonly bytes: Uint8Array; readonly found: readonly string[]; readonly atMs: number },
  ): void {
    const sinceMs = this.#since(atMs);
    const room = this.#lines < MAX_LINES ? Math.min(MAX_BYTES_A_LINE, MAX_BYTES - this.#bytes) : 0;
    const shown = bytes.subarray(0, room);
    this.#hidden += bytes.length - shown.length;
    if (shown.length === 0) return;
    this.#bytes += shown.length;
    this.#lines++;
    this.#tell({ say: "bytes", sinceMs, way, hex: hex(shown), found: [...found], hidden: this.#hidden });
    this.#hidden = 0;
  }

  /** Another second has room again. */
  #since(atMs: number): number {
    const sinceMs = Math.max(0, Math.round(atMs - this.#beganAtMs));
    const second = Math.floor(sinceMs / 1000);
    if (second !== this.#second) [this.#second, this.#bytes, this.#lines] = [second, 0, 0];
    return sinceMs;
  }
}

function wordsOf({ frames, failures }: Heard): string[] {
  const good = frames.map(({ name, bytes }) => (bytes === null ? name : `${name} ${bytes} bytes`));
  const bad = failures.map(
    ({ frame, why, at }) => `${frame} failed: ${why}${at === null ? "" : ` at ${at}`}`,
  );
  return [...good, ...bad].slice(0, MAX_FOUND);
}
