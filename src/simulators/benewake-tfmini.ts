import { peopleAt, type Walker } from "./scene.ts";
import { quietly, type Simulator, saying } from "./simulator.ts";

const FRAME_MS = 10;
/** The beam runs across the path at this height, from the sensor at x = -1.8 m to a wall at x = 1.8 m. */
const BEAM_Y_METRES = 2;
const SENSOR_X_METRES = -1.8;
const WALL_METRES = 3.6;
/** So far before and behind the beam a body still stands in it. */
const BODY_METRES = 0.2;
const STRENGTH = 1200;
/** 25 degrees: the raw value is 8 * (temperature + 256). */
const TEMPERATURE = 2248;

export interface TfminiState {
  readonly scene: readonly Walker[];
  readonly nextFrameMs: number;
}

/**
 * Benewake TFmini Plus: 100 frames a second, `59 59`, distance (cm), strength, temperature, sum of the eight bytes before
 * (product manual; github.com/budryerson/TFMini-Plus). It takes no commands here. Who stands in the beam shortens the distance.
 */
export const tfmini: Simulator<TfminiState> = {
  start: (scene, atMs) => ({ scene, nextFrameMs: atMs + FRAME_MS }),
  answer: quietly,
  tick(state, atMs) {
    if (atMs < state.nextFrameMs) return quietly(state);
    return saying({ ...state, nextFrameMs: atMs + FRAME_MS }, tfminiFrame(distanceAt(state.scene, atMs)));
  },
  dueMs: ({ nextFrameMs }) => nextFrameMs,
};

/** One measurement of so many metres. */
export function tfminiFrame(metres: number): Uint8Array {
  const frame = Buffer.from([0x59, 0x59, 0, 0, 0, 0, 0, 0, 0]);
  frame.writeInt16LE(Math.round(metres * 100), 2);
  frame.writeUInt16LE(STRENGTH, 4);
  frame.writeUInt16LE(TEMPERATURE, 6);
  frame.writeUInt8(frame.reduce((sum, byte) => sum + byte, 0) & 0xff, 8);
  return frame;
}

function distanceAt(scene: readonly Walker[], atMs: number): number {
  const standing = peopleAt(scene, atMs)
    .filter(({ y }) => Math.abs(y - BEAM_Y_METRES) <= BODY_METRES)
    .map(({ x }) => x - SENSOR_X_METRES)
    .filter((metres) => metres > 0);
  return Math.min(WALL_METRES, ...standing);
}
