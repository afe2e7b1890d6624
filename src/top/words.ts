/** A duration in one unit, such as `90 s`, `12 min`, `3 h` or `29 d`. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** The time of day, UTC, such as `14:05:00Z`; with the date when it is not within a day. @param ms since the Unix epoch */
export function timeOf(ms: number, nowMs: number): string {
  const iso = new Date(ms).toISOString();
  return Math.abs(nowMs - ms) < 86_400_000 ? `${iso.slice(11, 19)}Z` : `${iso.slice(0, 16)}Z`;
}

/** The end of a text that is too long: what tells ports apart stands there. */
export function tail(text: string, columns: number): string {
  return text.length <= columns ? text : `~${text.slice(text.length - columns + 1)}`;
}

/** The beginning of a text that is too long. */
export function head(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}~`;
}
