import type { Simulated, Simulator } from "./simulator.ts";

const HEAD = Buffer.from("FDFCFBFA", "hex");
const TAIL = Buffer.from("04030201", "hex");
const REPORT_MS = 100;
const MAX_HELD_BYTES = 256;
const SLOTS = 3;
const ENTER = 0xff;
const LEAVE = 0xfe;

/** Somebody on a straight path at even speed, x and y in mm. */
export interface Walker {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
}

export interface Ld2450State {
  readonly walkers: readonly Walker[];
  /** In its configuration mode the radar sends no reports. */
  readonly configuring: boolean;
  readonly nextReportMs: number;
  readonly held: Uint8Array;
}

export const ld2450Start = (walkers: readonly Walker[], atMs: number): Ld2450State => ({
  walkers,
  configuring: false,
  nextReportMs: atMs + REPORT_MS,
  held: new Uint8Array(),
});

/** The truth: how many walkers pass the height `y` (mm) away from the radar, and towards it. */
export function ld2450Truth(walkers: readonly Walker[], y: number): { away: number; towards: number } {
  return {
    away: walkers.filter(({ from, to }) => from[1] < y && to[1] > y).length,
    towards: walkers.filter(({ from, to }) => from[1] > y && to[1] < y).length,
  };
}

/** Hi-Link HLK-LD2450, serial protocol V1.03: commands with acknowledgements, and reports of up to three targets at 10 Hz. */
export const ld2450: Simulator<Ld2450State> = {
  answer(state, bytes) {
    let held = Buffer.concat([state.held, bytes]);
    let { configuring } = state;
    const sent: Buffer[] = [];
    for (let command = firstCommand(held); command; command = firstCommand(held)) {
      held = held.subarray(command.end);
      configuring = command.code === ENTER || (configuring && command.code !== LEAVE);
      sent.push(acknowledgement(command.code));
    }
    return {
      state: { ...state, configuring, held: held.subarray(-MAX_HELD_BYTES) },
      send: Buffer.concat(sent),
    };
  },

  tick(state, atMs): Simulated<Ld2450State> {
    if (atMs < state.nextReportMs) return { state, send: new Uint8Array() };
    const send = state.configuring ? new Uint8Array() : report(state.walkers, atMs);
    return { state: { ...state, nextReportMs: atMs + REPORT_MS }, send };
  },
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

function report(walkers: readonly Walker[], atMs: number): Buffer {
  const bytes = Buffer.alloc(30);
  bytes.write("AAFF0300", 0, "hex");
  bytes.write("55CC", 28, "hex");
  const there = walkers.filter(({ fromMs, untilMs }) => atMs >= fromMs && atMs <= untilMs);
  for (const [slot, { fromMs, untilMs, from, to }] of there.slice(0, SLOTS).entries()) {
    const part = (atMs - fromMs) / (untilMs - fromMs);
    bytes.writeUInt16LE(signMagnitude(from[0] + (to[0] - from[0]) * part), 4 + slot * 8);
    bytes.writeUInt16LE(signMagnitude(from[1] + (to[1] - from[1]) * part), 6 + slot * 8);
    bytes.writeUInt16LE(signMagnitude(0), 8 + slot * 8);
  }
  return bytes;
}

/** The top bit set means positive. */
function signMagnitude(value: number): number {
  const size = Math.min(0x7fff, Math.round(Math.abs(value)));
  return value < 0 ? size : 0x8000 | size;
}
