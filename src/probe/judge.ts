import type { Answers } from "./asking.ts";
import type { Heard } from "./hearing.ts";

export type Fit = "fits" | "maybe" | "no";

/** Whether a profile fits, and why in one plain sentence. */
export interface Verdict {
  readonly fit: Fit;
  readonly reason: string;
}

/**
 * The rule. What is whole proves by how unlikely it is in random bytes (`proofOf`), all frames together, less what so
 * many places to look at are worth (`luckBits`):
 *
 *     fits   at least 120 bits in at least 3 frames or answers, and most of the line is such frames
 *     maybe  at least 16 bits, and a quarter of the line is such frames
 *
 * 120 bits are 3 Modbus answers of 40, 3 reports of an LD2450 of 48, 5 frames of a TFmini of 24. So a frame with a short
 * sync word and no checksum must come more often. Frames that may each be a passage are not counted to people, so that
 * the first decides: it fits with 48 bits, because a number that is needed would show in the verdict.
 */
const FITS_BITS = 120;
const FITS_FRAMES = 3;
const FITS_AT_ONCE_BITS = 48;
const FITS_SHARE = 0.5;
const MAYBE_BITS = 16;
const MAYBE_SHARE = 0.25;

/** What of a line fits a profile, in words: the number of bytes may follow people. */
export type Share = "all" | "most" | "some" | "none";

export function shareOf({ fittingBytes, strayBytes }: Heard): Share {
  const part = partOf(fittingBytes, strayBytes);
  if (part === 0) return "none";
  return part >= 0.9 ? "all" : part >= FITS_SHARE ? "most" : "some";
}

function partOf(fitting: number, stray: number): number {
  return fitting === 0 ? 0 : fitting / (fitting + stray);
}

/** Judges what came by itself. */
export function judgeHeard(heard: Heard): Verdict {
  const { steady, passing, fittingBytes, strayBytes } = heard;
  const frames = steady + passing;
  const proofBits = heard.proofBits - luckBits(frames, frames + strayBytes);
  const part = partOf(fittingBytes, strayBytes);
  if (frames === 0 || part < MAYBE_SHARE || proofBits < MAYBE_BITS)
    return { fit: "no", reason: whyNone(heard) };
  if (part < FITS_SHARE)
    return { fit: "maybe", reason: "Its frames are there, but most of the line is something else." };
  if (steady === 0) return judgePassing(heard.proofBits / passing);
  if (proofBits < FITS_BITS || frames < FITS_FRAMES)
    return { fit: "maybe", reason: "Too few of its frames to be sure; try a larger --seconds." };
  return { fit: "fits", reason: "Whole frames without end, and little else." };
}

/**
 * How many bits it is worth that n frames may stand at any of so many places: at most log2 of their choices, by the bound
 * N H(n/N) of the binomial coefficient (Cover and Thomas, Elements of Information Theory, 11.1). Without it a long frame
 * behind a short sync word would fill random bytes and seem to fit.
 */
export function luckBits(frames: number, places: number): number {
  const part = frames / places;
  if (!(part > 0 && part < 1)) return 0;
  return -places * (part * Math.log2(part) + (1 - part) * Math.log2(1 - part));
}

function judgePassing(bits: number): Verdict {
  if (bits >= FITS_AT_ONCE_BITS)
    return { fit: "fits", reason: "A frame was seen that can hardly be chance." };
  return { fit: "maybe", reason: "Something of its form was seen, but it proves little." };
}

/** The same for no frame as for a few by chance: how many pass may decide between the two. */
function whyNone({ otherJson, strayBytes }: Heard): string {
  if (strayBytes === 0) return "Nothing came.";
  if (otherJson) return "JSON came, but not what this device says by itself.";
  return "Nothing that came is one of its frames.";
}

/** Judges what questions brought. @param open the place of the answer stands in the device's own manual only */
export function judgeAnswers({ answers, refusals, proofBits }: Answers, open: boolean): Verdict {
  if (open && answers + refusals > 0)
    return { fit: "maybe", reason: "A device answers; its manual says which settings are right." };
  if (answers === 0 && refusals > 0)
    return { fit: "no", reason: "A device answers, but it knows no such value." };
  if (answers === 0) return { fit: "no", reason: "It did not answer." };
  if (answers < FITS_FRAMES || proofBits < FITS_BITS)
    return { fit: "maybe", reason: "It answered, but not each time." };
  return { fit: "fits", reason: "It answered each time, as this device does." };
}
