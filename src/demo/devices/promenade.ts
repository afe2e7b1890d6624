import { type Direction, type Stream, unit } from "../crowd.ts";
import { Arrivals, countOf, type Device, type Emission } from "../device.ts";

/** Where the camera's counting line lies, in metres: people who walk towards +y go in. */
export const PROMENADE_LINE = { from: [-2, 0], to: [2, 0], in: "left", hysteresisMetres: 0.1 } as const;

const FRAME_MS = 100;
const MOST_FRAME_MS = 1_000;
/** People enter and leave the picture this far from the line. */
const EDGE_METRES = 3;

interface Walker {
  readonly id: number;
  readonly way: Direction;
  /** Metres a second. */
  readonly speed: number;
  readonly lane: number;
  /** Metres along the way; the line lies at 0. */
  readonly along: number;
  /** Where the last picture showed it: at the line it is shown in whole centimetres, as cameras do. */
  readonly shown: number;
}

/** A camera that tells ten times a second where everybody is: JSON lines, form `tracks`. The gateway finds who crosses. */
export class Promenade implements Device {
  readonly #stream: Stream;
  readonly #arrivals: Arrivals;
  #walkers: Walker[] = [];
  #nextId = 1;
  #frameMs: number;

  constructor(stream: Stream, startMs: number) {
    this.#stream = stream;
    this.#arrivals = new Arrivals(stream, startMs);
    this.#frameMs = startMs;
  }

  step(nowMs: number, quiet: boolean): Emission {
    if (nowMs - this.#frameMs < FRAME_MS) return { text: "" };
    // After a standstill nobody leaps across the line unseen.
    const seconds = Math.min(MOST_FRAME_MS, nowMs - this.#frameMs) / 1000;
    this.#frameMs = nowMs;
    const newcomers = this.#arrivals.take(nowMs, false).map((way) => this.#enter(way));
    const before = this.#walkers.filter(({ shown }) => shown < EDGE_METRES);
    const moved = before.map((walker) => walk(walker, seconds, quiet));
    const crossed = moved.filter((walker, at) => isAcross(walker.shown) && !isAcross(before[at]?.shown ?? 0));
    this.#walkers = [...moved, ...newcomers];
    const tracks = this.#walkers.map(trackOf);
    return { text: `${JSON.stringify({ tracks })}\n`, passed: countOf(crossed.map(({ way }) => way)) };
  }

  #enter(way: Direction): Walker {
    const id = this.#nextId++;
    const speed = 1.1 + 0.8 * unit(this.#stream.seed + 2, id);
    const lane = 3 * unit(this.#stream.seed + 3, id) - 1.5;
    return { id, way, speed, lane, along: -EDGE_METRES, shown: -EDGE_METRES };
  }
}

/** One step on; who would cross while it is quiet stands still for a moment. */
function walk(walker: Walker, seconds: number, quiet: boolean): Walker {
  const along = walker.along + walker.speed * seconds;
  const shown = Math.round(along * 100) / 100;
  const crosses = isAcross(shown) && !isAcross(walker.shown);
  return quiet && crosses ? walker : { ...walker, along, shown };
}

/** The gateway counts a crossing once it is as far beyond the line as the hysteresis. */
function isAcross(along: number): boolean {
  return along >= PROMENADE_LINE.hysteresisMetres;
}

function trackOf({ id, way, lane, shown }: Walker) {
  const x = Math.round((lane + 0.2 * Math.sin(shown)) * 100) / 100;
  return { id: `w${id}`, x, y: way === "in" ? shown : -shown };
}
