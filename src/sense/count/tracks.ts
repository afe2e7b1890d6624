import type { CountingLine } from "../../config/schema.ts";
import type { TrackPoint } from "../../model.ts";

/** A track that was not seen for longer is forgotten; its id then means somebody else. */
export const FORGET_AFTER_MS = 3000;
/** A track that was lost beyond a line counts when it is forgotten, but not when that is noticed later than this. */
const TOO_LATE_MS = 2 * FORGET_AFTER_MS;
/** Tracks remembered at most; beyond it those not seen for longest are forgotten. */
export const MAX_TRACKS = 1000;

/** Where a track stands with respect to one counting line. Sides: 1 left, -1 right, looking from `from` to `to`. */
interface Passing {
  /** The side it was last seen on, 0 only before it ever left the line. */
  readonly side: -1 | 0 | 1;
  /** The side it is known to come from: the one it was first seen on, later the last one confirmed. */
  readonly origin: -1 | 0 | 1;
  /** Steps through the segment since `origin`: towards the left minus towards the right. */
  readonly through: number;
  /** It was at least `hysteresisMetres` away from the line on the side of `origin`. */
  readonly clear: boolean;
}

interface Track {
  readonly x: number;
  readonly y: number;
  readonly seenMs: number;
  /** What it was last called, where there are classes. */
  readonly class?: string;
  /** One for each counting line, in the order of the configuration. */
  readonly passings: readonly Passing[];
}

/** Tracks by id, those seen longest ago first. Lives in memory only: it is never written, logged or sent (P1). */
export type TracksState = ReadonlyMap<string, Track>;

export const noTracks: TracksState = new Map();

/** Confirmed crossings of one line, by one class where there are any: what each was called then. Never both zero. */
export interface Crossing {
  readonly line: string;
  readonly in: number;
  readonly out: number;
  readonly class?: string;
}

export interface SteppedTracks {
  readonly state: TracksState;
  readonly crossings: readonly Crossing[];
}

/**
 * Moves tracks on and counts who crossed a line. Tracks that are not among `points` stay where they are until they
 * come again or FORGET_AFTER_MS pass, whether or not the list was whole: people are hidden for a moment all the time.
 *
 * A crossing counts once the track is at least `hysteresisMetres` beyond the line, on another side than it came from,
 * after it went through the segment from `from` to `to` (ends included). Turning back before that cancels it, walking
 * around an end counts nothing, a point exactly on the line is on neither side. Between two points a track is straight.
 *
 * A track that is forgotten where it went through, but not far enough, counts then: FORGET_AFTER_MS late. It must have
 * come from clear of the line. One that is first seen just beyond a line never counts (docs/decisions/0009).
 */
export function stepTracks(
  state: TracksState,
  { points }: { readonly points: readonly TrackPoint[]; readonly whole: boolean },
  atMs: number,
  lines: readonly CountingLine[],
): SteppedTracks {
  const crossed: Crossed[] = [];
  const count = (at: number, reached: Side | undefined, { class: name }: Classed) => {
    if (reached) crossed.push({ at, reached, class: name });
  };
  const tracks = new Map<string, Track>();
  for (const [id, track] of state) {
    const awayMs = atMs - track.seenMs;
    if (awayMs <= FORGET_AFTER_MS) tracks.set(id, track);
    else if (awayMs <= TOO_LATE_MS)
      for (const [at, passing] of track.passings.entries()) count(at, lostBeyond(passing), track);
  }
  for (const point of points) {
    const { id, x, y } = point;
    const before = tracks.get(id);
    const steps = lines.map((line, at) => step(line, { x, y }, before, before?.passings[at]));
    tracks.delete(id);
    const passings = steps.map(({ passing }) => passing);
    tracks.set(id, { x, y, seenMs: atMs, ...classOf(point), passings });
    for (const [at, { reached }] of steps.entries()) count(at, reached, point);
  }
  forgetOldest(tracks);
  return { state: tracks, crossings: lines.flatMap((line, at) => summed(line, at, crossed)) };
}

type Classed = Pick<TrackPoint, "class">;

interface Crossed {
  /** Which line. */
  readonly at: number;
  readonly reached: Side;
  readonly class: string | undefined;
}

const classOf = ({ class: name }: Classed): Classed => (name === undefined ? {} : { class: name });

function summed({ id, in: inside }: CountingLine, at: number, crossed: readonly Crossed[]): Crossing[] {
  const byClass = Map.groupBy(
    crossed.filter((one) => one.at === at),
    (one) => one.class,
  );
  return [...byClass].map(([name, all]) => {
    const entered = all.filter(({ reached }) => reached === inside).length;
    return {
      line: id,
      in: entered,
      out: all.length - entered,
      ...(name === undefined ? {} : { class: name }),
    };
  });
}

interface Point {
  readonly x: number;
  readonly y: number;
}

type Side = "left" | "right";

/** One step of one track past one line; `reached` is the side on which a crossing was just confirmed. */
interface Step {
  readonly passing: Passing;
  readonly reached?: Side;
}

function step(line: CountingLine, to: Point, from?: Point, passing?: Passing): Step {
  const distance = distanceLeft(line, to);
  const side = distance > 0 ? 1 : distance < 0 ? -1 : 0;
  const clear = Math.abs(distance) >= line.hysteresisMetres;
  if (!from || !passing) return { passing: { side, origin: side, through: 0, clear } };
  if (side === 0) return { passing };
  const origin = passing.origin === 0 ? side : passing.origin;
  const passed = passing.side === -side && throughSegment(line, from, to);
  const through = passing.through + (passed ? side : 0);
  const now: Passing = { ...passing, side, origin, through };
  if (!clear) return { passing: now };
  const settled: Passing = { side, origin: side, through: 0, clear };
  return wentThrough(now) ? { passing: settled, reached: sideOf(side) } : { passing: settled };
}

/** The side on which a track was lost after it went through, within the hysteresis. */
function lostBeyond(passing: Passing): Side | undefined {
  return passing.clear && wentThrough(passing) ? sideOf(passing.side) : undefined;
}

function wentThrough({ side, origin, through }: Passing): boolean {
  return side !== origin && through * side >= 1;
}

function sideOf(side: number): Side {
  return side > 0 ? "left" : "right";
}

/** Metres from the endless line, positive on the left looking from `from` to `to` (x to the right, y ahead). */
function distanceLeft({ from: [ax, ay], to: [bx, by] }: CountingLine, { x, y }: Point): number {
  return ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / Math.hypot(bx - ax, by - ay);
}

/** Whether the step from one side (or from on the line) to the other meets the endless line between its two ends. */
function throughSegment(line: CountingLine, from: Point, to: Point): boolean {
  const before = distanceLeft(line, from);
  const share = before / (before - distanceLeft(line, to));
  const x = from.x + share * (to.x - from.x);
  const y = from.y + share * (to.y - from.y);
  const [[ax, ay], [bx, by]] = [line.from, line.to];
  const along = (x - ax) * (bx - ax) + (y - ay) * (by - ay);
  return along >= 0 && along <= (bx - ax) ** 2 + (by - ay) ** 2;
}

function forgetOldest(tracks: Map<string, Track>): void {
  for (const id of tracks.keys()) {
    if (tracks.size <= MAX_TRACKS) return;
    tracks.delete(id);
  }
}
