/** Lines of `telpost receive`, as far as windows and declared gaps go. */
interface Line {
  readonly type?: string;
  readonly sensor?: string;
  readonly end?: string;
  readonly kind?: string;
  readonly reason?: string;
  readonly windows?: readonly { readonly seconds: number; readonly from: string; readonly to: string }[];
}

export interface Continuity {
  /** Windows that came. */
  readonly windows: number;
  /** Windows between the first and the last that did not come. */
  readonly missing: number;
  /** Those of them that no gap declares. */
  readonly undeclared: readonly string[];
}

/** What of one sensor the city has: every window between the first and the last came, or lies in a declared gap. */
export function continuityOf(received: string, sensor: string, seconds: number): Continuity {
  const lines = received
    .split("\n")
    .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Line] : []));
  const ends = lines.flatMap(({ type, sensor: of, end }) =>
    type === "record" && of === sensor && end !== undefined ? [Date.parse(end)] : [],
  );
  const came = new Set(ends);
  const events = lines.filter(({ type, kind }) => type === "event" && kind === "gap");
  const gaps = events.flatMap(({ windows = [] }) => windows).filter((one) => one.seconds === seconds);
  const declared = (endMs: number) =>
    gaps.some(({ from, to }) => Date.parse(from) < endMs && endMs <= Date.parse(to));
  const missing: number[] = [];
  for (let endMs = Math.min(...ends); endMs < Math.max(...ends); endMs += seconds * 1000)
    if (!came.has(endMs)) missing.push(endMs);
  const undeclared = missing
    .filter((endMs) => !declared(endMs))
    .map((endMs) => new Date(endMs).toISOString());
  return { windows: came.size, missing: missing.length, undeclared };
}
