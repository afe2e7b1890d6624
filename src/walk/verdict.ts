import type { WalkVerdict } from "../model.ts";

/** Passages by direction. */
export interface Passages {
  readonly in: number;
  readonly out: number;
}

/** What somebody walked and what the sensor made of it. */
export interface Walk {
  /** As the engineer says. */
  readonly walked: Passages;
  readonly seen: Passages;
  /** What was seen of the first passage, which goes in: it tells a mirrored sensor from one that sees as many both ways. */
  readonly first: Passages;
}

/** From so many times what was walked on, passages are counted twice; a few more are somebody else's. */
const DOUBLED = 1.5;

/** Judges a walk of at least one passage. `good` stands alone. */
export function judgeWalk({ walked, seen, first }: Walk): readonly WalkVerdict[] {
  if (seen.in + seen.out === 0) return ["nothing"];
  if (isOneWay(walked, seen)) return ["one_way", ...amount(sumOf(walked), sumOf(seen))];
  const mirrored = isMirrored({ walked, seen, first });
  const straight = mirrored ? { in: seen.out, out: seen.in } : seen;
  const found = new Set([...amount(walked.in, straight.in), ...amount(walked.out, straight.out)]);
  // One direction counted twice explains the rest better than somebody else does.
  if (found.has("doubled")) found.delete("extra");
  const verdict: WalkVerdict[] = [...(mirrored ? (["mirrored"] as const) : []), ...found];
  return verdict.length === 0 ? ["good"] : verdict;
}

/** Everybody goes the same way, though there were walks both ways. */
function isOneWay(walked: Passages, seen: Passages): boolean {
  const bothWalked = walked.in > 0 && walked.out > 0;
  const most = Math.max(seen.in, seen.out);
  return bothWalked && (seen.in === 0 || seen.out === 0) && most > Math.max(walked.in, walked.out);
}

/** The first passage went in; without it (several at once, a device that tells late) the totals have to tell. */
function isMirrored({ walked, seen, first }: Walk): boolean {
  if (first.in !== first.out) return walked.in > 0 && first.out > first.in;
  return walked.in !== walked.out && seen.in === walked.out && seen.out === walked.in;
}

function amount(walked: number, seen: number): WalkVerdict[] {
  if (seen < walked) return ["missed"];
  if (seen === walked) return [];
  return seen >= DOUBLED * walked && walked > 0 ? ["doubled"] : ["extra"];
}

function sumOf(passages: Passages): number {
  return passages.in + passages.out;
}
