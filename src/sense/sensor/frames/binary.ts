import { assert } from "../../../base/assert.ts";
import { copyOf, joined, kept, matchAt } from "./bytes.ts";
import { type CheckSpec, checkFits, checkHolds } from "./checks.ts";
import { EMPTY, type Framed, type Framer, type Holding } from "./framer.ts";
import { readScalar, type ScalarType, scalarSize } from "./scalars.ts";

/** A frame of bytes: a sync word, then a length that is fixed or read from the frame, then what proves it whole. */
export interface BinaryFrameSpec {
  readonly name: string;
  /** How every frame begins. */
  readonly sync: Uint8Array;
  /** The length of the whole frame in bytes, or where it is read; then `add` makes it the whole frame's. */
  readonly size: number | SizeField;
  /** How every frame ends. */
  readonly tail?: Uint8Array | undefined;
  readonly check?: CheckSpec | undefined;
  /** Last of all: false for a frame that cannot be, where nothing else proves it. Asked once for each frame found. */
  readonly accept?: ((frame: Uint8Array) => boolean) | undefined;
  /** Told of what began as such a frame and failed; once more when it is looked at again with more bytes. */
  readonly onFailed?: ((why: BinaryFault, at: number) => void) | undefined;
}

/** What of a frame was wrong: the length it says, how it ends, its check value. */
export type BinaryFault = "length" | "tail" | "check";

/** A length outside [min, max] is no frame: nothing is waited for because rubbish asked for it. */
export interface SizeField {
  readonly at: number;
  readonly type: ScalarType;
  readonly add: number;
  readonly min: number;
  readonly max: number;
}

/** The longest frame that any device here sends, with room to spare. */
export const MAX_BINARY_BYTES = 16 * 1024;

/** What stands at one place, when it is not the number of bytes of a good frame. */
const NOTHING = 0;
const MORE_BYTES_WANTED = -1;
const FAILED = -2;

/**
 * Finds frames by sync word, length, tail and check. Where several kinds could begin at one place, the first that is
 * whole counts, in the order they are given; nothing is decided while an earlier one is still incomplete.
 * It holds less than the longest frame. Time is linear in the bytes times, at the very worst, the longest frame with a
 * check, because every byte of rubbish may begin one.
 */
export function binaryFramer(
  specs: readonly BinaryFrameSpec[],
  maxHeldBytes: number = MAX_BINARY_BYTES,
): Framer<Holding> {
  for (const spec of specs) assertMakesSense(spec, maxHeldBytes);
  return {
    start: { held: EMPTY },
    push({ held }, bytes) {
      const all = joined(held, bytes);
      const frames: Framed[] = [];
      let [at, skipped, failed] = [0, 0, 0];
      while (at < all.length) {
        const found = findAt(specs, all, at);
        if (found === MORE_BYTES_WANTED) break;
        if (typeof found === "number") {
          if (found === FAILED) failed++;
          skipped++;
          at++;
        } else {
          frames.push(found);
          at += found.frame.length;
        }
      }
      const state = { held: kept(all, at) };
      return { state, frames, skipped, aside: 0, failed, tooLong: 0 };
    },
  };
}

function findAt(specs: readonly BinaryFrameSpec[], bytes: Uint8Array, at: number): Framed | number {
  let worst = NOTHING;
  for (const spec of specs) {
    const size = judge(spec, bytes, at);
    if (size > 0) return { name: spec.name, frame: copyOf(bytes, at, at + size) };
    if (size === MORE_BYTES_WANTED) return size;
    worst = Math.min(worst, size);
  }
  return worst;
}

/** The length of a good frame at this place, or why there is none. */
function judge(spec: BinaryFrameSpec, bytes: Uint8Array, at: number): number {
  const begins = matchAt(bytes, at, spec.sync);
  if (begins !== "yes") return begins === "no" ? NOTHING : MORE_BYTES_WANTED;
  const size = sizeAt(spec.size, bytes, at);
  if (size === FAILED) return failed(spec, "length", typeof spec.size === "number" ? 0 : spec.size.at);
  if (size <= 0) return size;
  if (at + size > bytes.length) return MORE_BYTES_WANTED;
  const { tail, check, accept } = spec;
  const tailAt = size - (tail?.length ?? 0);
  const wrong = tail?.findIndex((byte, offset) => bytes[at + tailAt + offset] !== byte) ?? -1;
  if (wrong >= 0) return failed(spec, "tail", tailAt + wrong);
  if (check && !checkHolds(check, bytes, at, size))
    return failed(spec, "check", check.at < 0 ? size + check.at : check.at);
  return accept && !accept(bytes.subarray(at, at + size)) ? FAILED : size;
}

/** @param at counted from the first byte of the frame */
function failed({ onFailed }: BinaryFrameSpec, why: BinaryFault, at: number): number {
  onFailed?.(why, at);
  return FAILED;
}

function sizeAt(size: number | SizeField, bytes: Uint8Array, at: number): number {
  if (typeof size === "number") return size;
  if (at + size.at + scalarSize(size.type) > bytes.length) return MORE_BYTES_WANTED;
  const whole = readScalar(size.type, bytes, at + size.at) + size.add;
  return whole >= size.min && whole <= size.max ? whole : FAILED;
}

/** A profile that breaks these was not checked. */
function assertMakesSense(spec: BinaryFrameSpec, maxHeldBytes: number): void {
  const { name, sync, size, tail = EMPTY, check } = spec;
  const [least, most] = typeof size === "number" ? [size, size] : [size.min, size.max];
  assert(sync.length > 0, `frame ${name} begins with nothing`);
  assert(least >= sync.length + tail.length, `frame ${name} is shorter than its sync and tail`);
  assert(least <= most && most <= maxHeldBytes, `frame ${name} is longer than what may be held`);
  assert(!check || checkFits(check, least), `the check of frame ${name} lies outside it`);
  if (typeof size === "number") return;
  assert(!/^f/.test(size.type), `the length of frame ${name} is no whole number`);
  assert(size.at >= 0 && size.at + scalarSize(size.type) <= least, `frame ${name} ends before its length`);
}
