/** Tumbling windows are aligned to the Unix epoch. Times are wall times in ms, lengths are seconds. */

/** The end of the window that contains `wallMs`. */
export function endAfter(wallMs: number, seconds: number): number {
  const length = seconds * 1000;
  return (Math.floor(wallMs / length) + 1) * length;
}

/**
 * The boundary that stands for another one once the clock that labelled it turns out to be wrong by `stepMs`: never later
 * than it truly was, less than a window earlier, and neighbours stay neighbours (docs/decisions/0010).
 */
export function movedBoundary(boundaryMs: number, stepMs: number, seconds: number): number {
  return endAfter(boundaryMs + stepMs, seconds) - seconds * 1000;
}
