import { tiFrame } from "../../src/simulators/ti-frames.ts";
import { type Moment, nearest, type Walking } from "./walk.ts";

/** What a device would have sent at one instant, in bytes. */
export interface Rendered {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** A target as the LD2450 sends it: mm, and cm/s. */
export interface Ld2450Target {
  readonly x: number;
  readonly y: number;
  readonly speed?: number;
  /** Distance resolution in mm. */
  readonly gate?: number;
}

/** Sign and magnitude in 16 bits, as the maker's manual V1.03 says: the highest bit is set for values >= 0. */
function signMagnitude(value: number): number {
  return Math.abs(value) | (value < 0 ? 0 : 0x8000);
}

/** A report of the LD2450: `AA FF 03 00`, three slots of 8 bytes (empty ones all zero), `55 CC`. */
export function ld2450Frame(targets: readonly Ld2450Target[]): Uint8Array {
  const frame = new Uint8Array(30);
  const view = new DataView(frame.buffer);
  frame.set([0xaa, 0xff, 0x03, 0x00]);
  for (const [slot, { x, y, speed = 0, gate = 320 }] of targets.slice(0, 3).entries()) {
    const at = 4 + slot * 8;
    view.setUint16(at, signMagnitude(x), true);
    view.setUint16(at + 2, signMagnitude(y), true);
    view.setUint16(at + 4, signMagnitude(speed), true);
    view.setUint16(at + 6, gate, true);
  }
  frame.set([0x55, 0xcc], 28);
  return frame;
}

/**
 * A walk as the LD2450 at the origin sees it: the three nearest, in mm. Who stands in which slot changes from frame to
 * frame, as it does with the real one.
 */
export function asLd2450(walk: readonly Moment[]): Rendered[] {
  return walk.map(({ atMs, people }, number) => {
    const seen = nearest(people, 3).map(({ x, y }) => ({
      x: Math.round(x * 1000),
      y: Math.round(y * 1000),
    }));
    const turned = seen.map((_, slot) => seen[(slot + number) % seen.length] ?? { x: 0, y: 0 });
    return { atMs, bytes: ld2450Frame(turned) };
  });
}

/** A walk as a TI IWR6843 sees it, with everybody in its list and ids of its own. */
export function asTi(walk: readonly Moment[], dialect: 40 | 48): Rendered[] {
  return walk.map(({ atMs, people }, at) => {
    const targets = people.map(({ person, x, y }) => ({ id: person, x, y }));
    return { atMs, bytes: tiFrame({ dialect, number: at + 1, targets }) };
  });
}

/** A line of a camera script for `generic-jsonl`. The id is a text that must never leave the sensor and count stages. */
export function cameraLine(
  people: readonly Walking[],
  idOf = (person: number) => `person-${person}`,
): string {
  const tracks = people.map(({ person, x, y }) => ({ id: idOf(person), x, y }));
  return `${JSON.stringify({ tracks })}\n`;
}

export function asCameraLines(walk: readonly Moment[], idOf?: (person: number) => string): Rendered[] {
  return walk.map(({ atMs, people }) => ({ atMs, bytes: Buffer.from(cameraLine(people, idOf)) }));
}

/** Where the picture of a camera that looks straight down has its origin, in pixels from the left and upper edge. */
export interface CameraView {
  readonly pixelsPerMetre: number;
  readonly left: number;
  readonly top: number;
}

/** An event of a SSCMA camera: a box `[x, y, width, height, score, class]` for each person, and no ids. x, y are its middle. */
export function sscmaEvent(people: readonly Walking[], { pixelsPerMetre, left, top }: CameraView): string {
  const size = Math.round(pixelsPerMetre / 2);
  const boxes = people.map(({ x, y }) => {
    const [across, down] = [left + x * pixelsPerMetre, top - y * pixelsPerMetre];
    return [Math.round(across), Math.round(down), size, size, 88, 0];
  });
  const data = { count: 0, perf: [8, 365, 0], boxes };
  return `\r${JSON.stringify({ type: 1, name: "INVOKE", code: 0, data })}\n`;
}

export function asSscma(walk: readonly Moment[], view: CameraView): Rendered[] {
  return walk.map(({ atMs, people }) => ({ atMs, bytes: Buffer.from(sscmaEvent(people, view)) }));
}
