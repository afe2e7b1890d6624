import type { TrackPoint } from "../../model.ts";
import { assign } from "./assignment.ts";

/** Targets of one frame that are followed; of more, those with the smallest y are taken. */
export const MAX_TARGETS = 128;
/** People remembered at most, seen and hidden; beyond it those hidden for longest are dropped. */
export const MAX_WALKERS = 2 * MAX_TARGETS;
/** Over a longer silence nobody is recognised: everybody may be anywhere. */
export const BRIDGE_MS = 2500;

/** Somebody in view, in metres: what a device gives that has no identities. */
export interface Target {
  readonly x: number;
  readonly y: number;
}

export interface AssociationOptions {
  /** Metres a second that nobody here exceeds. */
  readonly fastest: number;
  /** Metres by which a position may jump without any walking: noise, and another part of the body. */
  readonly slackMetres: number;
  /** How long somebody may be missing from the frames and still be recognised. */
  readonly coastMs: number;
}

/** Chosen on the recording of a crowd in a bottleneck (docs/decisions/0009). */
export const WALKING: AssociationOptions = { fastest: 2.5, slackMetres: 0.3, coastMs: 700 };

/** Time over which a velocity settles: a step of a walk takes about as long. The first one settles at once. */
const SETTLE_S = 0.5;
const FIRST_SETTLE_S = 0.02;

/** Somebody who is followed: metres, and metres a second. */
interface Walker {
  readonly x: number;
  readonly y: number;
  readonly vx: number;
  readonly vy: number;
  readonly seenMs: number;
  /** Seen in one frame only: the velocity is not known yet. */
  readonly fresh: boolean;
}

/** Lives in memory only: it is never written, logged or sent (P1). */
export interface AssociationState {
  /** By local number, those hidden for longest first. A Map, which JSON shows empty. */
  readonly walkers: ReadonlyMap<number, Walker>;
  /** The number of the next newcomer: a count within this process, which says nothing about who it is. */
  readonly next: number;
  /** Time of the last frame. */
  readonly frameMs: number;
}

export const nobody: AssociationState = { walkers: new Map(), next: 1, frameMs: 0 };

export interface Associated {
  readonly state: AssociationState;
  /** Everybody in this frame, under a local number, where the device saw them. */
  readonly points: readonly TrackPoint[];
}

/**
 * Finds out who is who from one frame to the next. The slot or order of a target means nothing.
 *
 * Each walker is expected where the last velocity leads. Targets are given to walkers so that the sum of the squared
 * distances to the expected places is the least of all ways (`assign`). Nobody may have moved faster than `fastest` since
 * last seen, and a pair that is further off than somebody can walk between two frames costs more than two strangers.
 * A target that is left over is a newcomer; a walker that is left over stays hidden for up to `coastMs`, or until the
 * next frame where frames are rarer. Frames may come at 1 to 20 a second; for crowds, see docs/decisions/0009.
 *
 * @param targets everybody in view; a position that is not a number is left out
 * @param atMs monotonic ms, never going back
 */
export function associate(
  state: AssociationState,
  targets: readonly Target[],
  atMs: number,
  options: AssociationOptions = WALKING,
): Associated {
  const seen = inOrder(targets);
  const known = [...state.walkers].filter(([, { seenMs }]) => atMs - seenMs <= BRIDGE_MS);
  const costs = seen.map((target) => known.map(([, walker]) => costOf(walker, target, atMs, options)));
  const chosen = assign(costs, reach(atMs - state.frameMs, options) ** 2);

  const taken = new Set(chosen);
  const hidden = known.filter(([, { seenMs }], at) => !taken.has(at) && atMs - seenMs <= options.coastMs);
  let next = state.next;
  const here = seen.map((target, at): [number, Walker] => {
    const [id, walker] = known[chosen[at] ?? -1] ?? [next++, undefined];
    return [id, walker ? moved(walker, target, atMs, options) : arrived(target, atMs)];
  });
  const walkers = new Map([...hidden, ...here].slice(-MAX_WALKERS));
  return {
    state: { walkers, next, frameMs: atMs },
    points: here.map(([id, { x, y }]) => ({ id: String(id), x, y })),
  };
}

/** Always the same order, whatever the order in the frame, so that equal frames have equal results. */
function inOrder(targets: readonly Target[]): Target[] {
  const places = targets.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  return places.sort((one, other) => one.y - other.y || one.x - other.x).slice(0, MAX_TARGETS);
}

/** How far somebody can get, in metres. */
function reach(ms: number, { fastest, slackMetres }: AssociationOptions): number {
  return slackMetres + (fastest * Math.min(Math.max(0, ms), BRIDGE_MS)) / 1000;
}

function costOf(walker: Walker, { x, y }: Target, atMs: number, options: AssociationOptions): number {
  const ms = Math.max(0, atMs - walker.seenMs);
  const [dx, dy] = [x - walker.x, y - walker.y];
  if (dx * dx + dy * dy > reach(ms, options) ** 2) return Number.POSITIVE_INFINITY;
  return (dx - (walker.vx * ms) / 1000) ** 2 + (dy - (walker.vy * ms) / 1000) ** 2;
}

function arrived({ x, y }: Target, atMs: number): Walker {
  return { x, y, vx: 0, vy: 0, seenMs: atMs, fresh: true };
}

function moved(walker: Walker, { x, y }: Target, atMs: number, { fastest }: AssociationOptions): Walker {
  const seconds = (atMs - walker.seenMs) / 1000;
  // Two frames may arrive in one piece, at one time: they say nothing about speed.
  if (seconds <= 0) return { ...walker, x, y };
  const share = 1 - Math.exp(-seconds / (walker.fresh ? FIRST_SETTLE_S : SETTLE_S));
  const vx = walker.vx + share * ((x - walker.x) / seconds - walker.vx);
  const vy = walker.vy + share * ((y - walker.y) / seconds - walker.vy);
  const tooFast = Math.max(1, Math.hypot(vx, vy) / fastest);
  return { x, y, vx: vx / tooFast, vy: vy / tooFast, seenMs: atMs, fresh: false };
}
