import { recording } from "./shared-data.ts";

/** Somebody at one instant, in metres. `person` is who it really is; what a device makes of it is its own matter. */
export interface Walking {
  readonly person: number;
  readonly x: number;
  readonly y: number;
}

/** Everybody in view at one instant. */
export interface Moment {
  readonly atMs: number;
  readonly people: readonly Walking[];
}

const MS_PER_FRAME = 40;

/**
 * The 75 people of the bottleneck at any rate up to 25 a second, straight between the recorded frames. They walk towards
 * smaller y, through a gap around x = 0 at the line y = 0, and leave the view at y = -1.8.
 */
export function bottleneckWalk(hz: number): Moment[] {
  const paths = bottleneckPaths();
  const endMs = Math.max(...[...paths.values()].map(({ first, places }) => first + places.length - 1));
  return Array.from({ length: Math.floor((endMs * MS_PER_FRAME * hz) / 1000) + 1 }, (_, at) => {
    const atMs = (at * 1000) / hz;
    const people = [...paths].flatMap(([person, path]) => placeAt(path, atMs / MS_PER_FRAME, person));
    return { atMs, people };
  });
}

type Place = readonly [number, number];

/** Places of one person in each frame from `first` on. */
interface Path {
  readonly first: number;
  readonly places: Place[];
}

function bottleneckPaths(): Map<number, Path> {
  const paths = new Map<number, Path>();
  for (const row of recording("pedestrian-tracks/bottleneck.txt").split(/\r?\n/)) {
    if (row === "" || row.startsWith("#")) continue;
    const [person = 0, frame = 0, x = 0, y = 0] = row.split(/\s+/).map(Number);
    const path = paths.get(person) ?? { first: frame, places: [] };
    path.places.push([x, y]);
    paths.set(person, path);
  }
  return paths;
}

function placeAt({ first, places }: Path, frame: number, person: number): Walking[] {
  const at = Math.floor(frame - first);
  const [from, to] = [places[at], places[at + 1] ?? places[at]];
  if (!from || !to || (at === places.length - 1 && frame > first + at)) return [];
  const share = frame - first - at;
  return [{ person, x: from[0] + share * (to[0] - from[0]), y: from[1] + share * (to[1] - from[1]) }];
}

/** The same walk elsewhere: each place goes where the function says. */
export function movedWalk(
  walk: readonly Moment[],
  to: (place: Walking) => { x: number; y: number },
): Moment[] {
  return walk.map(({ atMs, people }) => ({
    atMs,
    people: people.map((one) => ({ ...one, ...to(one) })),
  }));
}

/** The nearest few to a sensor at the origin: all that a device with so many slots can see. */
export function nearest(people: readonly Walking[], most: number): Walking[] {
  return [...people].sort((a, b) => Math.hypot(a.x, a.y) - Math.hypot(b.x, b.y)).slice(0, most);
}
