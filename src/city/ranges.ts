/** Sets of whole numbers as sorted, separate, closed ranges: a year of message numbers without a loss is one pair. */

export type Range = readonly [from: number, to: number];
export type Ranges = readonly Range[];

/** Sorts and joins what overlaps or touches; a range that ends before it starts is empty. */
export function normalise(ranges: Ranges): Ranges {
  const joined: [number, number][] = [];
  const filled = ranges.filter(([from, to]) => from <= to);
  for (const [from, to] of filled.sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

export function union(a: Ranges, b: Ranges): Ranges {
  return a.length === 0 ? b : b.length === 0 ? a : normalise([...a, ...b]);
}

/** What is in `a` and not in `b`. */
export function subtract(a: Ranges, b: Ranges): Ranges {
  if (a.length === 0 || b.length === 0) return a;
  const left: Range[] = [];
  let next = 0;
  for (const [from, to] of a) {
    let start = from;
    while (next < b.length && (b[next]?.[1] ?? 0) < from) next++;
    for (let at = next; at < b.length && (b[at]?.[0] ?? 0) <= to; at++) {
      const [cutFrom, cutTo] = b[at] ?? [0, -1];
      if (cutFrom > start) left.push([start, cutFrom - 1]);
      start = Math.max(start, cutTo + 1);
    }
    if (start <= to) left.push([start, to]);
  }
  return left;
}

export function intersect(a: Ranges, b: Ranges): Ranges {
  return a.length === 0 || b.length === 0 ? [] : subtract(a, subtract(a, b));
}

export function has(ranges: Ranges, number: number): boolean {
  return ranges.some(([from, to]) => from <= number && number <= to);
}

/** Adds one number; the common case, the number after the last, copies nothing but the last range. */
export function add(ranges: Ranges, number: number): Ranges {
  const last = ranges.at(-1);
  if (last && number === last[1] + 1) return [...ranges.slice(0, -1), [last[0], number]];
  return has(ranges, number) ? ranges : normalise([...ranges, [number, number]]);
}
