/** A target list inside a frame: `at` is the place of its first record, counted from where the view starts. */
export interface TargetList {
  readonly at: number;
  readonly count: number;
}

/** What the two generations of TI's people counting say differently about their TLVs. */
export interface TlvRules {
  /** The length of a TLV counts its own header of 8 bytes too. */
  readonly lengthHoldsHeader: boolean;
  readonly targetList: number;
  /** The types that this generation can send, ends included. Others come from another firmware, or from damage. */
  readonly types: readonly [number, number];
}

/** One target of a list, in bytes; the same in both generations. */
export const TARGET_BYTES = 112;
const TLV_HEADER_BYTES = 8;

/** Where the TLVs lie in the view, how many there are, and how much of the view is there already. */
export interface TlvSpan {
  readonly from: number;
  readonly end: number;
  readonly count: number;
}

/**
 * Walks over the TLVs of a frame: u32 type, u32 length, payload. They must fill the frame to its last byte: nothing else
 * protects it. Only the target list is looked at; points, heights, track indices and vital signs are stepped over.
 * @returns the list, null when nobody is there (then none is sent), "more" while bytes are missing, "bad" when it cannot be
 */
export function walkTlvs(
  view: DataView,
  { from, end, count }: TlvSpan,
  rules: TlvRules,
): TargetList | null | "more" | "bad" {
  let list: TargetList | null = null;
  let at = from;
  for (let seen = 0; seen < count; seen++) {
    const payload = at + TLV_HEADER_BYTES;
    if (payload > end) return "bad";
    if (payload > view.byteLength) return "more";
    const type = view.getUint32(at, true);
    const length = view.getUint32(at + 4, true) - (rules.lengthHoldsHeader ? TLV_HEADER_BYTES : 0);
    if (length < 0 || payload + length > end || type < rules.types[0] || type > rules.types[1]) return "bad";
    if (type === rules.targetList) {
      if (list || length % TARGET_BYTES !== 0) return "bad";
      list = { at: payload, count: length / TARGET_BYTES };
    }
    at = payload + length;
  }
  if (at !== end) return "bad";
  return end > view.byteLength ? "more" : list;
}
