import { TALKERS, type Talker, working } from "../../tests/kit/device-streams.ts";
import { deviceFile } from "../../tests/kit/devices.ts";
import { Dice } from "../../tests/kit/dice.ts";
import { isCommon, nastyFor } from "../../tests/kit/nasty.ts";

/** One input of a decoder. */
export interface DecoderCase {
  readonly name: string;
  /** Base64. */
  readonly bytes: string;
  /** No good frame is in it. */
  readonly unasked: boolean;
  /** Made for this decoder. */
  readonly own: boolean;
}

/** All that a worker needs to measure one decoder: plain data, because a bundled worker has no folders beside it. */
export interface DecoderWork {
  readonly id: string;
  readonly baudRate: number;
  readonly profile: { readonly id: string; readonly text: string } | "generic-jsonl" | "generic-csv";
  readonly settings: Record<string, unknown>;
  /** How long the commands take. */
  readonly startMs: number;
  readonly polled: boolean;
  readonly everyMs: number;
  /** What the device says to each request, in turn; both in hex. */
  readonly answers: Readonly<Record<string, readonly string[]>>;
  readonly cases: readonly DecoderCase[];
}

const GOOD_BYTES = 64 * 1024;
/** The name of the input that holds them. */
export const GOOD = "good frames";
const START_MS = 3000;
const ROUNDS = 50;

export function decoderWorks(): readonly DecoderWork[] {
  return TALKERS.map((talker) => {
    const folder = talker.id.split(" ")[0] ?? talker.id;
    const generic = folder === "generic-jsonl" || folder === "generic-csv" ? folder : null;
    return {
      id: talker.id,
      baudRate: talker.baudRate,
      profile: generic ?? { id: folder, text: deviceFile(folder) },
      settings: talker.settings ?? {},
      startMs: START_MS,
      polled: talker.answer !== undefined,
      everyMs: talker.everyMs,
      answers: answersOf(talker),
      cases: casesOf(talker),
    };
  });
}

function casesOf(talker: Talker): readonly DecoderCase[] {
  const nasty = Object.entries(nastyFor(talker.id)).map(([name, bytes]) => {
    return { name, bytes: base64(bytes), unasked: true, own: !isCommon(name) };
  });
  const good = { name: GOOD, bytes: base64(goodBytes(talker)), unasked: false, own: true };
  return talker.frame ? [good, ...nasty] : nasty;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function goodBytes({ frame }: Talker): Uint8Array {
  const dice = new Dice(1);
  const frames: Uint8Array[] = [];
  for (let size = 0, n = 0; frame && size < GOOD_BYTES; n++) {
    const one = frame(n, dice);
    frames.push(one);
    size += one.length;
  }
  return Buffer.concat(frames);
}

/** Writes down a conversation. */
function answersOf(talker: Talker): Record<string, string[]> {
  const said: Record<string, string[]> = {};
  const { sent, answered } = working(talker).pass(ROUNDS * talker.everyMs);
  for (const [at, request] of sent.entries()) {
    const answer = answered[at];
    if (answer) said[request] = [...(said[request] ?? []), answer];
  }
  return said;
}
