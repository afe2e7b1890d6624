/** A place in metres. */
interface Place {
  readonly x: number;
  readonly y: number;
}

type Corner = readonly [number, number];

/** A part of the view, in which people are counted. */
export interface Zone {
  readonly id: string;
  /** At least three, in metres, in order either way round; the last one is joined to the first. May be concave. */
  readonly corners: readonly Corner[];
}

/**
 * How many people stand in each zone now; zones may overlap. Every zone has a number, 0 too.
 *
 * Zones that share an edge with the same two corners share no point and leave none out: a point on an edge belongs to
 * exactly one of its sides. Where edges of one zone cross each other, what is wound round twice is outside.
 */
export function zonesOf(points: readonly Place[], zones: readonly Zone[]): Map<string, number> {
  return new Map(
    zones.map(({ id, corners }) => [id, points.filter((point) => inside(point, corners)).length]),
  );
}

/** Whether a ray from the point towards larger x meets an odd number of edges (Shimrat 1962, with half-open edges). */
function inside(point: Place, corners: readonly Corner[]): boolean {
  let odd = false;
  let from = corners.at(-1);
  for (const to of corners) {
    if (from && meets(point, from, to)) odd = !odd;
    from = to;
  }
  return odd;
}

/**
 * An edge reaches from its lower end, included, to its upper end, not included; a level one is never met. It is always
 * reckoned from below, so that two zones that go along it in opposite directions round alike.
 */
function meets({ x, y }: Place, from: Corner, to: Corner): boolean {
  const [[lowX, lowY], [highX, highY]] = from[1] < to[1] ? [from, to] : [to, from];
  if (y < lowY || y >= highY) return false;
  return x < lowX + ((y - lowY) / (highY - lowY)) * (highX - lowX);
}
