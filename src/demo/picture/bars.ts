const EIGHTHS = " ▁▂▃▄▅▆▇█";
/** A sum that noise pushed below zero. */
const BELOW_ZERO = "-";
const ZERO = "·";

/**
 * Bars side by side, one column a value, `height` rows, top row first. The tallest value fills the height (but never
 * less than `atLeast`, so that a few people do not look like a crowd). Zero is a dot, a value below zero a minus sign.
 * @param values null where nothing was measured
 */
export function bars(values: readonly (number | null)[], height: number, atLeast: number): string[] {
  const top = Math.max(atLeast, ...values.map((value) => value ?? 0));
  const columns = values.map((value) => column(value, height, top));
  return Array.from({ length: height }, (_, row) => columns.map((cells) => cells[row] ?? " ").join(""));
}

function column(value: number | null, height: number, top: number): string[] {
  if (value === null) return Array<string>(height).fill(" ");
  if (value <= 0) return [...Array<string>(height - 1).fill(" "), value < 0 ? BELOW_ZERO : ZERO];
  const eighths = Math.max(1, Math.round((value / top) * height * 8));
  return Array.from({ length: height }, (_, row) => {
    const filled = Math.min(8, Math.max(0, eighths - 8 * (height - 1 - row)));
    return EIGHTHS[filled] ?? " ";
  });
}
