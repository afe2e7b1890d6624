/** Passages in the current span of a rate limit. */
export interface Rate {
  readonly spanStartMs: number;
  readonly inSpan: number;
}

export const noRate: Rate = { spanStartMs: 0, inSpan: 0 };

/**
 * Lets one more passage through, or null when there were too many. A span begins with the passage that finds the previous
 * one over; below one passage a second it is longer than a second.
 */
export function admit({ spanStartMs, inSpan }: Rate, atMs: number, maxPerSecond: number): Rate | null {
  const spanMs = 1000 * Math.max(1, 1 / maxPerSecond);
  const over = inSpan === 0 || atMs < spanStartMs || atMs - spanStartMs >= spanMs;
  if (over) return { spanStartMs: atMs, inSpan: 1 };
  return inSpan < Math.max(1, Math.floor(maxPerSecond)) ? { spanStartMs, inSpan: inSpan + 1 } : null;
}
