import { type Budget, type Figure, keepsBudget, ratios, type Spread, spread } from "./figures.ts";

const HEAD = ["figure", "unit", "telpost", "bare limit", "what the limit is", "ratio", "budget", ""];

/** The figures as one table that reads well on a terminal and as Markdown. */
export function table(figures: readonly Figure[]): string {
  const rows = [HEAD, ...figures.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  return [line(HEAD), rule, ...rows.slice(1).map(line)].join("\n");
}

function cells(figure: Figure): string[] {
  const { name, unit, limit, pairs, budget } = figure;
  const verdict = { true: "met", false: "NOT MET", undefined: "" }[`${keepsBudget(figure)}`] ?? "";
  return [
    name,
    unit,
    rangeText(spread(pairs.map((pair) => pair.telpost))),
    rangeText(spread(pairs.map((pair) => pair.bare))),
    limit,
    rangeText(spread(ratios(pairs))),
    budget ? budgetText(budget, unit) : "",
    verdict,
  ];
}

/** The median, and the range of the runs when there were several. */
function rangeText({ min, median, max }: Spread): string {
  if (!Number.isFinite(median)) return "-";
  return min === max
    ? numberText(median)
    : `${numberText(median)} (${numberText(min)} to ${numberText(max)})`;
}

function budgetText({ of, is, limit }: Budget, unit: string): string {
  return `${is === "at most" ? "<=" : ">="} ${limit} ${of === "ratio" ? "of the limit" : unit}`;
}

/** Three digits that count, thousands apart: 42,300 and 0.0123. */
export function numberText(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  if (value !== 0 && Math.abs(value) < 0.1) return String(Number(value.toPrecision(2)));
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
