import type { Discard } from "./decoder.ts";

/** One beam of light: 1 is broken, 0 is clear. What is known of it from the edges of its line. */
export interface Beam {
  /** The last edge; null before the first one. */
  readonly last: { readonly level: 0 | 1; readonly atMs: number } | null;
  /** The level that has held long enough. */
  readonly level: 0 | 1;
  /** Since when the beam has not been clear and quiet, or null while it is. */
  readonly awaySinceMs: number | null;
}

export const clearBeam: Beam = { last: null, level: 0, awaySinceMs: null };

/** A beam that was broken already when watching began. */
export const brokenSince = (atMs: number): Beam => ({
  last: { level: 1, atMs },
  level: 1,
  awaySinceMs: atMs,
});

/**
 * Takes one edge. An edge to the level the line already has (a ghost) stands for two missed edges: the level has to hold
 * again from there. A line whose first edge goes to clear was broken when watching began, which is no change.
 */
export function beamEdge(
  beam: Beam,
  edge: { readonly level: 0 | 1; readonly atMs: number },
  debounceMs: number,
): { readonly beam: Beam; readonly discarded: readonly Discard[] } {
  const { last } = beam;
  const shaken = last !== null && (edge.level === last.level || edge.atMs - last.atMs < debounceMs);
  return {
    beam: { ...beam, last: edge, awaySinceMs: beam.awaySinceMs ?? edge.atMs },
    discarded: shaken ? ["bounce"] : [],
  };
}

/** When the level of the last edge will have held for long enough; null when it already has. */
export function settlesAtMs({ last, level, awaySinceMs }: Beam, debounceMs: number): number | null {
  if (!last) return null;
  const settled = last.level === level && (level === 1 || awaySinceMs === null);
  return settled ? null : last.atMs + debounceMs;
}

/** The beam with the level of its last edge, which has held. */
export function settled(beam: Beam): Beam {
  const level = beam.last?.level ?? 0;
  return { ...beam, level, awaySinceMs: level === 1 ? beam.awaySinceMs : null };
}
