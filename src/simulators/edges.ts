/** A level change of a GPIO line, by the name the profile gives it: 1 is active, such as a closed contact. Monotonic ms. */
export interface LineEdge {
  readonly name: string;
  readonly level: 0 | 1;
  readonly atMs: number;
}

/** A line is active from one moment to another; for ever with an infinite end. */
export interface Active {
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * The edges of a line that is active in these spans. Where they overlap or touch the line stays active.
 * @param bounceMs after each change the contact goes back and forth once within this time; 0 for a clean line
 */
export function edgesOf(name: string, spans: readonly Active[], bounceMs: number): LineEdge[] {
  return joined(spans).flatMap(({ fromMs, untilMs }) => [
    ...change(name, 1, fromMs, bounceMs),
    ...(Number.isFinite(untilMs) ? change(name, 0, untilMs, bounceMs) : []),
  ]);
}

/** How lines stand at a moment: at the level of their last edge by then, inactive before any. */
export function levelsAt(edges: readonly LineEdge[], atMs: number): Record<string, 0 | 1> {
  const before = edges.map((edge) => [edge.name, 0] as const);
  const changed = edges.filter((edge) => edge.atMs <= atMs).map(({ name, level }) => [name, level] as const);
  return Object.fromEntries([...before, ...changed]);
}

function joined(spans: readonly Active[]): Active[] {
  const whole: Active[] = [];
  for (const span of [...spans].sort((one, other) => one.fromMs - other.fromMs)) {
    const last = whole.at(-1);
    if (!last || span.fromMs > last.untilMs) whole.push(span);
    else whole[whole.length - 1] = { ...last, untilMs: Math.max(last.untilMs, span.untilMs) };
  }
  return whole;
}

function change(name: string, level: 0 | 1, atMs: number, bounceMs: number): LineEdge[] {
  const edge = { name, level, atMs };
  if (bounceMs <= 0) return [edge];
  const back = { name, level: level === 1 ? 0 : 1, atMs: atMs + bounceMs / 3 } as const;
  return [edge, back, { ...edge, atMs: atMs + (bounceMs * 2) / 3 }];
}
