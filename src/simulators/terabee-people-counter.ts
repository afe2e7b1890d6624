import { countUntil, nextPassageMs, type Passage, passagesOf, peopleAt, type Walker } from "./scene.ts";
import { type Simulator, saying } from "./simulator.ts";

export interface TerabeeOptions {
  /** The height of the door frame, in metres. */
  readonly y?: number;
}

export interface TerabeeState {
  readonly scene: readonly Walker[];
  readonly passages: readonly Passage[];
  /** Passages before power came on or the counters were set to 0. */
  readonly cleared: { readonly in: number; readonly out: number };
  /** Told up to here. */
  readonly toldMs: number;
  readonly nextDistancesMs: number;
  readonly held: Uint8Array;
}

const DISTANCES_MS = 50;
const SENSOR_ID = 0x01020304;
const RESET = Buffer.from("005508000000007C", "hex");
/** What the two sensors see of a free door and of a body, in mm. */
const FREE_MM = 1200;
const BODY_MM = 300;
/** So near to the frame a body is in front of a sensor, in metres. */
const REACH = 0.2;

/**
 * Terabee TeraRanger Evo People Counter (user manual 2021, 5.4, 5.5 and table 10; byte order as in Terabee/teraranger):
 * two distances all the time, and a count after each person. High byte first, and a CRC-8 at the end of each.
 *
 *     "DD" | left (2) | right (2) | CRC        "PC" | sensor (4) | in - out (4) | in (2) | out (2) | CRC
 *
 * Without power the counters go to 0.
 */
export function terabeeCounter({ y = 2 }: TerabeeOptions = {}): Simulator<TerabeeState> {
  return {
    start(scene, atMs) {
      const passages = passagesOf(scene, y);
      const cleared = countUntil(passages, atMs);
      return {
        scene,
        passages,
        cleared,
        toldMs: atMs,
        nextDistancesMs: atMs + DISTANCES_MS,
        held: new Uint8Array(),
      };
    },
    answer(state, { bytes }, atMs) {
      const all = Buffer.concat([state.held, bytes]);
      const reset = all.lastIndexOf(RESET);
      const held = Uint8Array.from(
        all.subarray(reset < 0 ? 0 : reset + RESET.length).subarray(1 - RESET.length),
      );
      const cleared = reset < 0 ? state.cleared : countUntil(state.passages, atMs);
      return { state: { ...state, cleared, held }, send: [] };
    },
    tick(state, atMs) {
      const frames = told(state, atMs);
      const next = { ...state, toldMs: Math.max(atMs, state.toldMs) };
      if (atMs < state.nextDistancesMs) return saying(next, Buffer.concat(frames));
      const distances = distancesFrame(state.scene, y, atMs);
      return saying({ ...next, nextDistancesMs: atMs + DISTANCES_MS }, Buffer.concat([...frames, distances]));
    },
    dueMs: ({ passages, toldMs, nextDistancesMs }) =>
      Math.min(nextDistancesMs, nextPassageMs(passages, toldMs) ?? Number.POSITIVE_INFINITY),
  };
}

/** A count after each person since the last time. */
function told({ passages, cleared, toldMs }: TerabeeState, atMs: number): Buffer[] {
  const counted = { ...countUntil(passages, toldMs) };
  return passages
    .filter((passage) => passage.atMs > toldMs && passage.atMs <= atMs)
    .map(({ way }) => {
      counted[way]++;
      return countFrame(counted.in - cleared.in, counted.out - cleared.out);
    });
}

function countFrame(entered: number, left: number): Buffer {
  const frame = Buffer.alloc(14);
  frame.write("PC", "latin1");
  frame.writeUInt32BE(SENSOR_ID, 2);
  frame.writeInt32BE(entered - left, 6);
  frame.writeUInt16BE(entered & 0xffff, 10);
  frame.writeUInt16BE(left & 0xffff, 12);
  return sealed(frame);
}

/** Who comes in breaks the left one first. */
function distancesFrame(scene: readonly Walker[], y: number, atMs: number): Buffer {
  const places = peopleAt(scene, atMs).map((person) => person.y - y);
  const frame = Buffer.alloc(6);
  frame.write("DD", "latin1");
  frame.writeUInt16BE(places.some((along) => along > -REACH && along <= 0) ? BODY_MM : FREE_MM, 2);
  frame.writeUInt16BE(places.some((along) => along > 0 && along < REACH) ? BODY_MM : FREE_MM, 4);
  return sealed(frame);
}

function sealed(frame: Buffer): Buffer {
  return Buffer.concat([frame, Buffer.of(crc8(frame))]);
}

/** Polynomial 0x07, start 0. */
function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
  }
  return crc;
}
