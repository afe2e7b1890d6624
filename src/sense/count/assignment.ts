/**
 * The cheapest way to give each row at most one column of its own; a row may also stay alone, at a price.
 *
 * The Hungarian method by shortest augmenting paths (Kuhn 1955; Jonker and Volgenant 1987): exact. Only pairs cheaper than
 * staying alone are looked at, so that it takes few steps where each row has few columns within reach; at most
 * rows² x columns steps.
 *
 * @param costs one list for each row, all of one length; none is negative or NaN, Infinity for a pair that is not allowed
 * @param alone the price of a row without a column, finite
 * @returns the column of each row, -1 for a row that stays alone
 */
export function assign(costs: readonly (readonly number[])[], alone: number): number[] {
  const columns = costs[0]?.length ?? 0;
  const matching: Matching = {
    alone,
    pairs: costs.map((line) => line.flatMap((cost, column) => (cost < alone ? [{ column, cost }] : []))),
    rowPrice: new Float64Array(costs.length),
    columnPrice: new Float64Array(columns),
    rowOf: new Int32Array(columns).fill(NONE),
    columnOf: new Int32Array(costs.length).fill(NONE),
  };
  for (let row = 0; row < costs.length; row++) place(matching, row, search(matching, row));
  return [...matching.columnOf];
}

const NONE = -1;

interface Matching {
  readonly alone: number;
  /** What each row may take. */
  readonly pairs: readonly (readonly { readonly column: number; readonly cost: number }[])[];
  /** Dual prices: those of a row and a column together are never above the cost of the pair, a row's never above `alone`. */
  readonly rowPrice: Float64Array;
  readonly columnPrice: Float64Array;
  readonly rowOf: Int32Array;
  readonly columnOf: Int32Array;
}

/** The way from a row, over columns that others hold, to the place where the chain of moves ends. */
interface Found {
  /** A free column; or NONE, and then `last` is a row that gives up its column and stays alone. */
  readonly column: number;
  readonly last: number;
  /** The row from which each column was reached. */
  readonly before: ReadonlyMap<number, number>;
}

/** Dijkstra over the reduced costs; then moves the prices so that the way costs exactly its prices. */
function search(matching: Matching, start: number): Found {
  const { alone, rowPrice, columnPrice, rowOf, pairs } = matching;
  const open = new Map<number, number>();
  const done = new Map<number, number>();
  const before = new Map<number, number>();
  let end = { far: Number.POSITIVE_INFINITY, last: start };
  let column = NONE;
  for (let row = start, far = 0; ; row = rowOf[column] ?? NONE) {
    const base = far - (rowPrice[row] ?? 0);
    if (base + alone < end.far) end = { far: base + alone, last: row };
    for (const { column: next, cost } of pairs[row] ?? []) {
      const reached = base + cost - (columnPrice[next] ?? 0);
      if (done.has(next) || reached >= (open.get(next) ?? Number.POSITIVE_INFINITY)) continue;
      open.set(next, reached);
      before.set(next, row);
    }
    column = nearest(open);
    far = open.get(column) ?? Number.POSITIVE_INFINITY;
    if (end.far <= far) column = NONE;
    if (column === NONE || rowOf[column] === NONE) {
      movePrices(matching, start, done, Math.min(far, end.far));
      return { column, last: end.last, before };
    }
    open.delete(column);
    done.set(column, far);
  }
}

function nearest(open: ReadonlyMap<number, number>): number {
  let found = NONE;
  let least = Number.POSITIVE_INFINITY;
  for (const [column, far] of open) {
    if (far >= least) continue;
    least = far;
    found = column;
  }
  return found;
}

function movePrices(matching: Matching, start: number, done: ReadonlyMap<number, number>, far: number): void {
  const { rowPrice, columnPrice, rowOf } = matching;
  rowPrice[start] = (rowPrice[start] ?? 0) + far;
  for (const [column, reached] of done) {
    const row = rowOf[column] ?? NONE;
    rowPrice[row] = (rowPrice[row] ?? 0) + far - reached;
    columnPrice[column] = (columnPrice[column] ?? 0) - (far - reached);
  }
}

/** Each column of the way goes to the row from which it was reached, back to the row that looked for a place. */
function place({ rowOf, columnOf }: Matching, start: number, { column, last, before }: Found): void {
  let free = column;
  if (free === NONE) {
    free = columnOf[last] ?? NONE;
    columnOf[last] = NONE;
    if (last === start) return;
  }
  while (free !== NONE) {
    const row = before.get(free) ?? NONE;
    const left = columnOf[row] ?? NONE;
    columnOf[row] = free;
    rowOf[free] = row;
    free = left;
  }
}
