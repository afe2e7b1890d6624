import { fromClasses } from "../../contract/values.ts";
import type { CountedValue, Flag, Output, OutputKind, Passages, Present } from "../../model.ts";
import { closeGauge, type Gauge, loseGauge } from "./gauge.ts";

/** What has been counted in an open window: of everybody, or of one class. */
export interface Counts {
  in: number;
  out: number;
  gauge: Gauge | null;
}

/** What has been counted for one output in its open window. */
export interface Tally extends Counts {
  /** Of each class, where the output has classes; its own counts are then not used. */
  classes?: { readonly [name: string]: Counts };
  /** Time in which somebody watched. */
  coveredMs: number;
  /** How much longer than its length the window lasts, because the wall clock was stepped back while it was open. */
  stretchedMs: number;
  flags: Flag[];
  /** Present with the flag catch_up: time of the previous reading, or null. */
  sinceMs?: number | null;
}

const nothing = (): Counts => ({ in: 0, out: 0, gauge: null });

/** Nothing counted, nobody watching yet. */
export function emptyTally({ classes }: Pick<Output, "classes">): Tally {
  const tally = { ...nothing(), coveredMs: 0, stretchedMs: 0, flags: [] };
  if (!classes) return tally;
  return { ...tally, classes: Object.fromEntries(classes.map((name) => [name, nothing()])) };
}

/**
 * Where something of a class is counted; undefined when the output counts no such thing.
 * @param name undefined: without a class
 */
export function countsOf(tally: Tally, name: string | undefined): Counts | undefined {
  const { classes } = tally;
  if (name === undefined) return classes ? undefined : tally;
  return classes && Object.hasOwn(classes, name) ? classes[name] : undefined;
}

/** Nobody looks from now on: what was in view does not hold any longer. @param atMs undefined: since it was last known */
export function loseView(tally: Tally, atMs?: number): void {
  for (const counts of [tally, ...Object.values(tally.classes ?? {})])
    counts.gauge = loseGauge(counts.gauge, atMs ?? counts.gauge?.sinceMs ?? 0);
}

/**
 * What is told as covered: the length of the window but for what nobody watched, so that a stretched window hides no outage.
 * Whole milliseconds: sums of fractions would fall a hair short of a full window.
 */
export function coveredOf({ coveredMs, stretchedMs }: Tally): number {
  return Math.max(0, Math.round(coveredMs - stretchedMs));
}

/** A step that began before the window: the earliest beginning counts, and one unknown makes it unknown. */
export function noteCatchUp(tally: Tally, sinceMs: number | null): void {
  const known = tally.sinceMs;
  if (known === undefined) tally.sinceMs = sinceMs;
  else tally.sinceMs = known === null || sinceMs === null ? null : Math.min(known, sinceMs);
}

/**
 * The value of a window that ends, and the tally of the next one, which begins with who is in view. A value exists only
 * where somebody watched: `null`, never 0, for "not measured" (P12); of all classes or of none.
 */
export function closeTally(
  output: Output,
  tally: Tally,
  boundaryMs: number,
): { value: CountedValue | null; next: Tally } {
  const next = emptyTally(output);
  const closed = (output.classes ?? [undefined]).map((name) => {
    const { numbers, gauge } = closeCounts(output, countsOf(tally, name) ?? nothing(), boundaryMs);
    Object.assign(countsOf(next, name) ?? next, { gauge });
    return [name ?? null, numbers] as const;
  });
  const measured = closed.flatMap(([name, numbers]) => (numbers ? [[name, numbers] as const] : []));
  const whole = tally.coveredMs > 0 && measured.length === closed.length;
  return { value: whole ? (fromClasses(measured) as CountedValue) : null, next };
}

function closeCounts(
  { kind, stat }: { readonly kind: OutputKind; readonly stat?: Output["stat"] },
  { in: entered, out, gauge }: Counts,
  boundaryMs: number,
): { numbers: Passages<number> | Present<number> | null; gauge: Gauge | null } {
  if (kind === "flow") return { numbers: { in: entered, out }, gauge: null };
  const { value: present, next } = closeGauge(gauge, stat ?? "max", boundaryMs);
  return { numbers: present === null ? null : { present }, gauge: next };
}

/** The open windows as plain data, for the crash copy. */
export interface WindowSnapshot {
  /** Open window of each length: [seconds, end in ms since the Unix epoch]. */
  readonly ends: readonly (readonly [number, number])[];
  /** Each with the key of its output. */
  readonly tallies: readonly (readonly [string, Tally])[];
  /** Lengths whose first window has not begun. */
  readonly pending: readonly number[];
}
