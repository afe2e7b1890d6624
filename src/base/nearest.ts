/** The word of `known` that `word` was probably meant to be: a slip of the finger, or the same beginning. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const typed = word.toLowerCase();
  let best: { one: string; rank: number } | undefined;
  for (const one of known) {
    const rank = rankOf(typed, one.toLowerCase());
    if (rank !== undefined && (!best || rank < best.rank)) best = { one, rank };
  }
  return best?.one;
}

/** Behind every slip of the finger, however large. */
const SAME_BEGINNING = 1_000;
const SHORTEST_BEGINNING = 3;

/** Lower is nearer; undefined: something else was meant. */
function rankOf(typed: string, one: string): number | undefined {
  const distance = editDistance(typed, one);
  if (distance <= allowedSlips(typed)) return distance;
  const shared = sharedBeginning(typed, one);
  const long = shared >= SHORTEST_BEGINNING && shared >= 0.6 * typed.length;
  return long ? SAME_BEGINNING - shared : undefined;
}

function allowedSlips({ length }: string): number {
  return length < 4 ? 1 : Math.max(2, Math.floor(length / 3));
}

function sharedBeginning(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

/** Levenshtein distance; the words are short. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
