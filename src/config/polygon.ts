type Corner = readonly [number, number];
type Edge = readonly [Corner, Corner];

/** What is wrong with the corners of a zone, in the engineer's words; undefined when they go round a place once. */
export function polygonProblem(corners: readonly Corner[]): string | undefined {
  const edges = edgesOf(corners);
  if (edges.some(([one, other]) => same(one, other)))
    return "two corners in a row are the same point; the last corner is joined to the first by itself";
  const meeting = edges.some((edge, at) =>
    edges.slice(at + 2).some((other, further) => {
      const neighbours = at === 0 && further === edges.length - 3;
      return !neighbours && crossing(edge, other);
    }),
  );
  if (meeting) return "its edges cross each other; give the corners in order, one round";
  return area(edges) === 0 ? "the corners lie on one line; a zone needs an inside" : undefined;
}

function edgesOf(corners: readonly Corner[]): Edge[] {
  return corners.flatMap((from, at): Edge[] => {
    const to = corners[(at + 1) % corners.length];
    return to ? [[from, to]] : [];
  });
}

function same(one: Corner, other: Corner): boolean {
  return one[0] === other[0] && one[1] === other[1];
}

/** Twice the area, positive when the corners go round to the left (the shoelace formula). */
function area(edges: readonly Edge[]): number {
  return edges.reduce((sum, [[x1, y1], [x2, y2]]) => sum + x1 * y2 - x2 * y1, 0);
}

/** Which side of an edge a point is on: positive left, negative right, 0 on the line through it. */
function sideOf([from, to]: Edge, point: Corner): number {
  return Math.sign((to[0] - from[0]) * (point[1] - from[1]) - (to[1] - from[1]) * (point[0] - from[0]));
}

/** Whether two edges have a point in common, ends included. */
function crossing(one: Edge, other: Edge): boolean {
  const [a, b, c, d] = [
    sideOf(one, other[0]),
    sideOf(one, other[1]),
    sideOf(other, one[0]),
    sideOf(other, one[1]),
  ];
  if (a !== b && c !== d) return true;
  return (
    (a === 0 && within(one, other[0])) ||
    (b === 0 && within(one, other[1])) ||
    (c === 0 && within(other, one[0])) ||
    (d === 0 && within(other, one[1]))
  );
}

/** For a point on the line through an edge: whether it lies between the ends. */
function within([from, to]: Edge, [x, y]: Corner): boolean {
  return (
    Math.min(from[0], to[0]) <= x &&
    x <= Math.max(from[0], to[0]) &&
    Math.min(from[1], to[1]) <= y &&
    y <= Math.max(from[1], to[1])
  );
}
