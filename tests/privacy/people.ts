/** The most that one line may tell. */
const MOST_A_LINE = 1000;

/** Lines of `generic-jsonl` that tell of so many passages. */
export function linesOf(passagesIn: number, passagesOut = 0): string {
  const lines: string[] = [];
  let [left, leftOut] = [passagesIn, passagesOut];
  while (left > 0 || leftOut > 0) {
    const [some, someOut] = [Math.min(left, MOST_A_LINE), Math.min(leftOut, MOST_A_LINE)];
    lines.push(`{"in":${some},"out":${someOut}}\n`);
    left -= some;
    leftOut -= someOut;
  }
  return lines.join("");
}
