import { deviceFile } from "../../tests/kit/devices.ts";
import { TALKERS, type Talker, working } from "../../tests/kit/device-streams.ts";
import { Dice } from "../../tests/kit/dice.ts";
import { nastyFor } from "../../tests/kit/nasty.ts";

/** One input of a decoder. */
export interface DecoderCase {
  readonly name: string;
  /** Base64. */
  readonly bytes: string;
  /** No good frame is in it. */
  readonly unasked: boolean;
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
  const nasty = Object.entries(nastyFor(talker.id)).map(([name, bytes]) => asCase(name, bytes, true));
  return talker.frame ? [asCase("good frames", goodBytes(talker), false), ...nasty] : nasty;
}

function asCase(name: string, bytes: Uint8Array, unasked: boolean): DecoderCase {
  return { name, bytes: Buffer.from(bytes).toString("base64"), unasked };
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
