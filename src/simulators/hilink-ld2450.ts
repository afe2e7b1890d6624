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

function report(scene: readonly Walker[], atMs: number): Uint8Array {
  return ld2450Frame(
    peopleAt(scene, atMs).map(({ x, y }) => ({ x: Math.round(x * 1000), y: Math.round(y * 1000) })),
  );
}

/** A target in mm and cm/s. */
export interface Ld2450Target {
  readonly x: number;
  readonly y: number;
  readonly speed?: number;
  /** Distance resolution in mm. */
  readonly gate?: number;
}

/** A report: `AA FF 03 00`, three slots of 8 bytes (empty ones all zero), `55 CC`. */
export function ld2450Frame(targets: readonly Ld2450Target[]): Uint8Array {
  const bytes = Buffer.alloc(30);
  bytes.write("AAFF0300", 0, "hex");
  bytes.write("55CC", 28, "hex");
  for (const [slot, { x, y, speed = 0, gate = 320 }] of targets.slice(0, SLOTS).entries()) {
    bytes.writeUInt16LE(signMagnitude(x), 4 + slot * 8);
    bytes.writeUInt16LE(signMagnitude(y), 6 + slot * 8);
    bytes.writeUInt16LE(signMagnitude(speed), 8 + slot * 8);
    bytes.writeUInt16LE(gate, 10 + slot * 8);
  }
  return bytes;
}

/** Sign and magnitude in 16 bits: the top bit set means 0 or more. */
function signMagnitude(value: number): number {
  const size = Math.min(0x7fff, Math.abs(value));
  return value < 0 ? size : 0x8000 | size;
}
