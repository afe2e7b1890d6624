import { type TargetList, type TlvRules, walkTlvs } from "./tlvs.ts";

/**
 * Frames of TI's people counting firmware for the IWR6843, in two generations that are told apart in each frame.
 * Little endian. Sources: TI radar toolbox 1.00.00.26 and industrial toolbox 4.10.1, 3D_People_Counting, mss_main.c
 * (MmwDemo_uartTxTask) and pcount3D_output.h; checked with the recording of 992 frames that comes with the latter's
 * visualizer (binData/pHistBytes_0.bin).
 *
 *     radar toolbox, 40 bytes       | industrial toolbox, 48 bytes
 *     magic          8 @0           | magic          8 @0
 *     version      u32 @8           | version      u32 @8
 *     length       u32 @12          | length       u32 @12     of the whole frame, header included
 *     platform     u32 @16          | platform     u32 @16     0x000A6843
 *     frame number u32 @20          | frame number u32 @20
 *     CPU cycles   u32 @24          | sub-frame    u32 @24
 *     points       u32 @28          | margins, times 4 x u32 @28
 *     TLVs         u32 @32          | TLVs         u16 @44
 *     sub-frame    u32 @36          | checksum     u16 @46     one's complement sum of the 24 words = 0xFFFF
 *
 * The body has no checksum in either. So a frame counts only when its TLVs fill it exactly, and no frame begins inside it.
 */
export const MAGIC = Uint8Array.of(2, 1, 4, 3, 6, 5, 8, 7);
/** The longest of the recorded frames has 968 bytes; a length beyond this is damage. */
export const MAX_FRAME_BYTES = 16 * 1024;

/** More TLVs than any of these programs sends. */
const MAX_TLVS = 32;
const SHORT_HEADER_BYTES = 40;
const LONG_HEADER_BYTES = 48;
/** The upper half of the platform: the parts of the family are 0xA1443 to 0xA6843. */
const FAMILY = 0xa;

const RADAR_TOOLBOX: TlvRules = { lengthHoldsHeader: false, targetList: 1010, types: [1000, 1999] };
const INDUSTRIAL_TOOLBOX: TlvRules = { lengthHoldsHeader: true, targetList: 7, types: [1, 99] };

/** A whole frame. `targets` is null when nobody is in view: the firmware then sends no list. */
export interface TiFrame {
  readonly length: number;
  readonly number: number;
  readonly targets: TargetList | null;
}

/**
 * Judges the bytes behind a magic word, which stands at the start of the view.
 * @returns "more" while more bytes may make it a frame, "bad" as soon as none can
 */
export function judgeFrame(view: DataView, nextMagicAt: number): TiFrame | "more" | "bad" {
  const held = view.byteLength;
  if (held < 20) return "more";
  const length = view.getUint32(12, true);
  if (length < SHORT_HEADER_BYTES || length > MAX_FRAME_BYTES) return "bad";
  if (view.getUint32(16, true) >>> 16 !== FAMILY) return "bad";
  // A frame that was cut short is followed by the next one within the length it claims.
  if (nextMagicAt >= 0 && nextMagicAt + MAGIC.length <= length) return "bad";
  if (held < SHORT_HEADER_BYTES) return "more";
  const long = longDialect(view, length);
  const targets = long === "bad" ? shortDialect(view, length) : long;
  if (targets === "more" || targets === "bad") return targets;
  return { length, number: view.getUint32(20, true), targets };
}

function longDialect(view: DataView, length: number): TargetList | null | "more" | "bad" {
  if (length < LONG_HEADER_BYTES) return "bad";
  if (view.byteLength < LONG_HEADER_BYTES) return "more";
  const count = view.getUint16(44, true);
  if (count > MAX_TLVS || onesComplementSum(view) !== 0xffff) return "bad";
  return walkTlvs(view, { from: LONG_HEADER_BYTES, end: length, count }, INDUSTRIAL_TOOLBOX);
}

function shortDialect(view: DataView, length: number): TargetList | null | "more" | "bad" {
  const count = view.getUint32(32, true);
  if (count > MAX_TLVS) return "bad";
  return walkTlvs(view, { from: SHORT_HEADER_BYTES, end: length, count }, RADAR_TOOLBOX);
}

/** Of the 24 16-bit words of the long header, with carries brought back in (as in RFC 1071). */
function onesComplementSum(view: DataView): number {
  let sum = 0;
  for (let at = 0; at < LONG_HEADER_BYTES; at += 2) sum += view.getUint16(at, true);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}
