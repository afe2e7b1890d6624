import { countUntil, type Passage, passagesOf } from "./scene.ts";
import { quietly, type Simulator, saying } from "./simulator.ts";

export interface DconCounterOptions {
  readonly unit?: number;
  /** Commands and answers carry a check sum, as the module is set to. */
  readonly checksum?: boolean;
  /** The height that is watched, in metres: counter 0 counts in, counter 1 out. */
  readonly y?: number;
}

type Totals = readonly [number, number];

export interface DconCounterState {
  readonly passages: readonly Passage[];
  /** Passages that the counters do not show any more. */
  readonly cleared: Totals;
  readonly held: string;
}

/** Longer than any command. */
const MAX_HELD = 64;
const CHECK_DIGITS = 2;

/**
 * ICP DAS I-7080 in DCON (I-7080 user manual V2.2 p. 26; check sum: ZT-2017 user manual V1.0.1 p. 31):
 *
 *     # | AA address, hex | N counter | [check sum] | CR      ->      > | eight hex digits | [check sum] | CR
 *
 * `$AA6N` sets a counter back to its preset, here 0. Anything else that is addressed to it gets `?AA`; a wrong check sum and
 * other addresses get no answer. Without power the counters go to 0.
 */
export function dconCounter(options: DconCounterOptions = {}): Simulator<DconCounterState> {
  const { unit = 1, checksum = false, y = 2 } = options;
  return {
    start(scene, atMs) {
      const passages = passagesOf(scene, y);
      return { passages, cleared: totalsAt(passages, atMs), held: "" };
    },
    answer(state, { bytes }, atMs) {
      const commands = (state.held + Buffer.from(bytes).toString("latin1")).split("\r");
      const held = (commands.pop() ?? "").slice(-MAX_HELD);
      const totals = totalsAt(state.passages, atMs);
      let { cleared } = state;
      const answers: string[] = [];
      for (const command of commands) {
        const obeyed = obey(unchecked(command, checksum), unit, { totals, cleared });
        cleared = obeyed.cleared;
        if (obeyed.answer) answers.push(`${obeyed.answer}${checksum ? sumOf(obeyed.answer) : ""}\r`);
      }
      return saying({ ...state, cleared, held }, Buffer.from(answers.join(""), "latin1"));
    },
    tick: quietly,
    dueMs: () => null,
  };
}

function totalsAt(passages: readonly Passage[], atMs: number): Totals {
  const { in: entered, out: left } = countUntil(passages, atMs);
  return [entered, left];
}

/** The command without its check sum; nothing when that is wrong. */
function unchecked(command: string, checksum: boolean): string {
  if (!checksum) return command;
  const body = command.slice(0, -CHECK_DIGITS);
  return command.slice(-CHECK_DIGITS) === sumOf(body) ? body : "";
}

function obey(
  command: string,
  unit: number,
  { totals, cleared }: { totals: Totals; cleared: Totals },
): { answer?: string; cleared: Totals } {
  const address = hex(unit, 2);
  const [, lead, to, rest = ""] = /^([#$%@~])([0-9A-F]{2})(.*)$/.exec(command) ?? [];
  if (to !== address) return { cleared };
  const counter = rest.endsWith("1") ? 1 : 0;
  if (lead === "#" && /^[01]$/.test(rest))
    return { answer: `>${hex((totals[counter] - cleared[counter]) >>> 0, 8)}`, cleared };
  if (lead === "$" && /^6[01]$/.test(rest))
    return {
      answer: `!${address}`,
      cleared: counter === 0 ? [totals[0], cleared[1]] : [cleared[0], totals[1]],
    };
  return { answer: `?${address}`, cleared };
}

/** The sum of the characters, modulo 256. */
function sumOf(text: string): string {
  return hex(Buffer.from(text, "latin1").reduce((sum, byte) => sum + byte, 0) & 0xff, 2);
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
