import type { Reading } from "../../../model.ts";
import type { Decoded, Decoder, Discard } from "../decoder.ts";
import { joined, kept } from "../frames/bytes.ts";
import { EMPTY } from "../frames/framer.ts";
import { judgeFrame, MAGIC, type TiFrame } from "./frames.ts";
import { readTargets } from "./targets.ts";

/** Frames that went missing before one frame are counted up to here: the error bucket of a day knows no more. */
const MAX_MISSED = 100;
/** Bytes of a magic word that may wait for its last one. */
const OVERLAP_BYTES = MAGIC.length - 1;

/** What is held between two calls: at most one unfinished frame. */
export interface TiState {
  readonly held: Uint8Array;
  /** How many of the held bytes belong to a frame that was read already, and are kept only to find a magic word. */
  readonly spent: number;
  /** How many of the held bytes were searched for a second magic word, and do not begin one. */
  readonly searched: number;
  /** Out of step since the last good frame: what is thrown away now was counted when it began. */
  readonly lost: boolean;
  readonly lastNumber: number | null;
}

export interface TiDecoded extends Decoded<TiState> {
  /** Whole frames: the radar lives, whatever was in them. */
  readonly frames: number;
  /** The bytes of these frames. */
  readonly frameBytes: number;
}

/** A line is opened in the middle of a frame as a rule, which is no error. */
export const startOfTi: TiState = { held: EMPTY, spent: 0, searched: 0, lost: true, lastNumber: null };

/**
 * Cuts a stream into frames and reads who is there. A failed frame costs one discard, and the search goes on one byte
 * behind its magic word, so that a frame that was cut short never swallows the good one behind it. In the recording named in
 * `frames.ts` the header of frame 46 is whole, its body is cut and the tail of frame 53 follows: a reader that steps over
 * the length it claims loses frame 54 as well, this one does not.
 */
export function decodeTi(state: TiState, bytes: Uint8Array): TiDecoded {
  const held = joined(state.held, bytes);
  const found = new Findings(state.lastNumber, state.lost);
  let { spent } = state;
  let [from, searched] = [0, state.searched];
  for (;;) {
    const start = indexOfMagic(held, from);
    const keep = start < 0 ? Math.max(0, held.length - OVERLAP_BYTES) : start;
    if (keep > spent) found.rubbish("not_parsable");
    spent = Math.max(spent, keep);
    const rest = { held, keep, spent };
    if (start < 0) return found.end(rest, 0);
    const view = new DataView(held.buffer, held.byteOffset + start, held.length - start);
    const next = indexOfMagic(held, Math.max(start + 1, searched));
    searched = next < 0 ? Math.max(start + 1, held.length - OVERLAP_BYTES) : next;
    const judged = judgeFrame(view, next < 0 ? next : next - start);
    if (judged === "more") return found.end(rest, searched - keep);
    if (judged === "bad") {
      found.rubbish("wrong_form");
      from = start + 1;
      spent = Math.max(spent, from);
    } else {
      found.frame(judged, view);
      spent = start + judged.length;
      // The last bytes of a frame that was cut short by less than a magic word are the first bytes of the next one.
      from = spent - OVERLAP_BYTES;
    }
  }
}

/** `decodeTi` as a decoder, for tools that need no dialogue. */
export const tiDecoder: Decoder<TiState> = { start: startOfTi, decode: decodeTi };

function indexOfMagic(bytes: Uint8Array, from: number): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(MAGIC, from);
}

/** Collects what one call makes of its bytes. */
class Findings {
  readonly #readings: Reading[] = [];
  readonly #discarded: Discard[] = [];
  #frames = 0;
  #frameBytes = 0;
  #lastNumber: number | null;
  #lost: boolean;

  constructor(lastNumber: number | null, lost: boolean) {
    this.#lastNumber = lastNumber;
    this.#lost = lost;
  }

  /** A failed frame counts whenever there is one, bytes between frames once until the next good one. */
  rubbish(why: "wrong_form" | "not_parsable"): void {
    if (why === "wrong_form" || !this.#lost) this.#discarded.push(why);
    this.#lost = true;
  }

  frame({ length, number, targets }: TiFrame, view: DataView): void {
    // A number that does not rise is a radar that was started anew, or a further sub-frame.
    const missed = this.#lastNumber === null ? 0 : number - this.#lastNumber - 1;
    for (let seen = 0; seen < Math.min(missed, MAX_MISSED); seen++) this.#discarded.push("missed");
    this.#lastNumber = number;
    this.#lost = false;
    this.#frames += 1;
    this.#frameBytes += length;
    const points = targets ? readTargets(view, targets) : [];
    if (typeof points === "string") this.#discarded.push(points);
    else this.#readings.push({ type: "tracks", points, whole: true });
  }

  /** @param searched counted from the first byte that is kept */
  end({ held, keep, spent }: Rest, searched: number): TiDecoded {
    const state = {
      held: kept(held, keep),
      spent: spent - keep,
      searched,
      lost: this.#lost,
      lastNumber: this.#lastNumber,
    };
    return {
      state,
      readings: this.#readings,
      discarded: this.#discarded,
      frames: this.#frames,
      frameBytes: this.#frameBytes,
    };
  }
}

/** The bytes at the end of a call: those from `keep` on are held, those before `spent` are settled. */
interface Rest {
  readonly held: Uint8Array;
  readonly keep: number;
  readonly spent: number;
}
