import { ld2450Frame } from "../../src/simulators/hilink-ld2450.ts";
import { type CameraView, sscmaEvent } from "../../src/simulators/sscma-camera.ts";
import { tiFrame } from "../../src/simulators/ti-frames.ts";
import { type Moment, nearest, type Walking } from "./walk.ts";

/** What a device would have sent at one instant, in bytes. */
export interface Rendered {
  readonly atMs: number;
  readonly bytes: Uint8Array;
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

export function asSscma(walk: readonly Moment[], view: CameraView): Rendered[] {
  return walk.map(({ atMs, people }) => ({ atMs, bytes: Buffer.from(sscmaEvent(people, view)) }));
}
