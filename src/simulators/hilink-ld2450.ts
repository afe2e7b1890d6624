import { peopleAt, type Walker } from "./scene.ts";
import { quietly, type Simulator, saying } from "./simulator.ts";

const HEAD = Buffer.from("FDFCFBFA", "hex");
const TAIL = Buffer.from("04030201", "hex");
const REPORT_MS = 100;
const MAX_HELD_BYTES = 256;
const SLOTS = 3;
const ENTER = 0xff;
const LEAVE = 0xfe;

export interface Ld2450State {
  readonly scene: readonly Walker[];
  /** In its configuration mode the radar sends no reports. */
  readonly configuring: boolean;
  readonly nextReportMs: number;
  readonly held: Uint8Array;
}

/** Hi-Link HLK-LD2450, serial protocol V1.03: commands with acknowledgements, and reports of up to three targets at 10 Hz. */
export const ld2450: Simulator<Ld2450State> = {
  start: (scene, atMs) => ({
    scene,
    configuring: false,
    nextReportMs: atMs + REPORT_MS,
    held: new Uint8Array(),
  }),

  answer(state, { bytes }) {
    let held = Buffer.concat([state.held, bytes]);
    let { configuring } = state;
    const sent: Buffer[] = [];
    for (let command = firstCommand(held); command; command = firstCommand(held)) {
      held = held.subarray(command.end);
      configuring = command.code === ENTER || (configuring && command.code !== LEAVE);
      sent.push(acknowledgement(command.code));
    }
    return saying({ ...state, configuring, held: held.subarray(-MAX_HELD_BYTES) }, Buffer.concat(sent));
  },

  tick(state, atMs) {
    if (atMs < state.nextReportMs) return quietly(state);
    const next = { ...state, nextReportMs: atMs + REPORT_MS };
    return state.configuring ? quietly(next) : saying(next, report(state.scene, atMs));
  },

  dueMs: ({ nextReportMs }) => nextReportMs,
};

function firstCommand(held: Buffer): { code: number; end: number } | undefined {
  const at = held.indexOf(HEAD);
  if (at < 0 || held.length < at + 8) return undefined;
  const end = at + 6 + held.readUInt16LE(at + 4) + TAIL.length;
  return held.length < end ? undefined : { code: held.readUInt8(at + 6), end };
}

function acknowledgement(code: number): Buffer {
  const rest = code === ENTER ? [1, 0, 0x40, 0] : [];
  return Buffer.concat([HEAD, Buffer.from([4 + rest.length, 0, code, 1, 0, 0, ...rest]), TAIL]);
}

function report(scene: readonly Walker[], atMs: number): Buffer {
  const bytes = Buffer.alloc(30);
  bytes.write("AAFF0300", 0, "hex");
  bytes.write("55CC", 28, "hex");
  for (const [slot, { x, y }] of peopleAt(scene, atMs).slice(0, SLOTS).entries()) {
    bytes.writeUInt16LE(signMagnitude(x * 1000), 4 + slot * 8);
    bytes.writeUInt16LE(signMagnitude(y * 1000), 6 + slot * 8);
    bytes.writeUInt16LE(signMagnitude(0), 8 + slot * 8);
  }
  return bytes;
}

/** The top bit set means positive. */
function signMagnitude(value: number): number {
  const size = Math.min(0x7fff, Math.round(Math.abs(value)));
  return value < 0 ? size : 0x8000 | size;
}
