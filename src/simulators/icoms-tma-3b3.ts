import { nextPassageMs, type Passage, passagesOf } from "./scene.ts";
import { quietly, type Simulator, saying } from "./simulator.ts";

export interface IcomsOptions {
  /** The height that is watched, in metres. */
  readonly y?: number;
  /** What the radar's own clock shows at monotonic time 0, in ms since the Unix epoch. */
  readonly clockMs?: number;
}

export interface IcomsState {
  readonly passages: readonly Passage[];
  /** Messages since power came on. */
  readonly sent: number;
  /** Told up to here. */
  readonly toldMs: number;
}

const FIRST_DAY_MS = Date.UTC(2026, 6, 17, 12);
const SPEED_KMH = 18;
const LENGTH_DM = 18;
const RANGE_CM = 650;
/** Kind 1 of 1, 2, 3 and 30. */
const KIND = 1;

/**
 * Icoms TMA-3B3 traffic radar in protocol 121 (manual p. 17): one message a vehicle, no check sum and no byte stuffing.
 *
 *     02 99 | speed km/h | length dm | 1/100 s | s | min | hour | day, bit 7 outgoing | month | counter (3) | range cm (2)
 *           | kind | century | year | 03
 *
 * Time and date in BCD, the others with the low byte first. It listens to nothing; without power its counter goes to 0.
 */
export function icomsRadar({ y = 2, clockMs = FIRST_DAY_MS }: IcomsOptions = {}): Simulator<IcomsState> {
  return {
    start: (scene, atMs) => ({ passages: passagesOf(scene, y), sent: 0, toldMs: atMs }),
    answer: quietly,
    tick(state, atMs) {
      const passed = state.passages.filter((one) => one.atMs > state.toldMs && one.atMs <= atMs);
      const messages = passed.map((passage, at) => message(passage, state.sent + at + 1, clockMs));
      const next = { ...state, sent: state.sent + passed.length, toldMs: Math.max(atMs, state.toldMs) };
      return saying(next, Buffer.concat(messages));
    },
    dueMs: ({ passages, toldMs }) => nextPassageMs(passages, toldMs) ?? null,
  };
}

function message({ atMs, way }: Passage, number: number, clockMs: number): Buffer {
  const time = new Date(clockMs + atMs);
  const frame = Buffer.alloc(19);
  frame.set([0x02, 0x99, SPEED_KMH, LENGTH_DM]);
  const clock = [
    time.getUTCMilliseconds() / 10,
    time.getUTCSeconds(),
    time.getUTCMinutes(),
    time.getUTCHours(),
  ];
  frame.set(clock.map(bcd), 4);
  frame.writeUInt8(bcd(time.getUTCDate()) | (way === "out" ? 0x80 : 0), 8);
  frame.writeUInt8(bcd(time.getUTCMonth() + 1), 9);
  frame.writeUIntLE(number & 0xffffff, 10, 3);
  frame.writeUInt16LE(RANGE_CM, 13);
  frame.writeUInt8(KIND, 15);
  frame.writeUInt8(bcd(time.getUTCFullYear() / 100), 16);
  frame.writeUInt8(bcd(time.getUTCFullYear() % 100), 17);
  frame.writeUInt8(0x03, 18);
  return frame;
}

/** Two decimal digits, four bits each. */
function bcd(value: number): number {
  const whole = Math.floor(value);
  return Math.floor(whole / 10) * 16 + (whole % 10);
}
