/**
 * The cheapest way to give each row at most one column of its own; a row may also stay alone, at a price.
 *
 * The Hungarian method by shortest augmenting paths (Kuhn 1955; Jonker and Volgenant 1987): exact. Each row gets a spare
 * column at the price of staying alone, so that there is always an answer.
 * At most rows² x (columns + rows) steps.
 *
 * @param costs one list for each row, all of one length; a pair that is not allowed costs Infinity, none is NaN
 * @param alone the price of a row without a column, finite
 * @returns the column of each row, -1 for a row that stays alone
 */
export function assign(costs: readonly (readonly number[])[], alone: number): number[] {
  const rows = costs.length;
  const columns = costs[0]?.length ?? 0;
  const matching: Matching = {
    costs,
    alone,
    rowPrice: new Float64Array(rows + 1),
    columnPrice: new Float64Array(columns + rows + 1),
    rowOf: new Int32Array(columns + rows + 1),
    before: new Int32Array(columns + rows + 1),
  };
  for (let row = 1; row <= rows; row++) handOn(matching, freeColumnFor(matching, row));
  const columnOf: number[] = Array(rows).fill(-1);
  for (let column = 1; column <= columns; column++) {
    const row = matching.rowOf[column] ?? 0;
    if (row > 0) columnOf[row - 1] = column - 1;
  }
  return columnOf;
}

/** Rows and columns count from 1 here; column 0 stands for the row that looks for a place. */
interface Matching {
  readonly costs: readonly (readonly number[])[];
  readonly alone: number;
  /** Dual prices: the prices of a row and a column together are never above the cost of the pair. */
  readonly rowPrice: Float64Array;
  readonly columnPrice: Float64Array;
  /** The row that holds a column, 0 for none. */
  readonly rowOf: Int32Array;
  /** The column from which the last search came to a column. */
  readonly before: Int32Array;
}

/** The end of the cheapest path from a row over taken columns to a free one (Dijkstra on the reduced costs). */
function freeColumnFor(matching: Matching, row: number): number {
  const { rowOf } = matching;
  const least = new Float64Array(rowOf.length).fill(Number.POSITIVE_INFINITY);
  const done = new Uint8Array(rowOf.length);
  rowOf[0] = row;
  let column = 0;
  do {
    done[column] = 1;
    const nearest = lookFrom(matching, column, least, done);
    raisePrices(matching, least[nearest] ?? 0, least, done);
    column = nearest;
  } while (rowOf[column] !== 0);
  return column;
}

/** Notes what gets cheaper by going through a column; returns the cheapest column that is not done. */
function lookFrom(matching: Matching, column: number, least: Float64Array, done: Uint8Array): number {
  const { rowPrice, columnPrice, rowOf, before } = matching;
  const row = rowOf[column] ?? 0;
  let nearest = -1;
  for (let next = 1; next < rowOf.length; next++) {
    if (done[next]) continue;
    const reduced = costOf(matching, row, next) - (rowPrice[row] ?? 0) - (columnPrice[next] ?? 0);
    if (reduced < (least[next] ?? 0)) {
      least[next] = reduced;
      before[next] = column;
    }
    if (nearest < 0 || (least[next] ?? 0) < (least[nearest] ?? 0)) nearest = next;
  }
  return nearest;
}

/** Moves the prices by one step, so that the pairs on the path cost exactly their prices. */
function raisePrices(matching: Matching, by: number, least: Float64Array, done: Uint8Array): void {
  const { rowPrice, columnPrice, rowOf } = matching;
  for (let column = 0; column < rowOf.length; column++) {
    const row = rowOf[column] ?? 0;
    if (done[column]) {
      rowPrice[row] = (rowPrice[row] ?? 0) + by;
      columnPrice[column] = (columnPrice[column] ?? 0) - by;
    } else least[column] = (least[column] ?? 0) - by;
  }
}

/** Each column of the path goes to the row that came before it. */
function handOn({ rowOf, before }: Matching, last: number): void {
  for (let column = last; column !== 0; ) {
    const previous = before[column] ?? 0;
    rowOf[column] = rowOf[previous] ?? 0;
    column = previous;
  }
}

/** Columns behind the last one of `costs` are the spare ones. */
function costOf({ costs, alone }: Matching, row: number, column: number): number {
  return costs[row - 1]?.[column - 1] ?? alone;
}
