import type { Truth } from "../ledger.ts";
import type { OpenedRecord } from "../story.ts";
import { signed, timeOfDay } from "../words.ts";

type Pair = readonly [string, string];

/** Width of the first column of each pair. */
const WIDTHS = [8, 13, 9];

/** Head of the table of windows. */
export const TABLE_HEAD = row(
  ["ENDS UTC", "SENSOR", "KIND"],
  [
    ["TRUE in", "out"],
    ["PUBLISHED in", "out"],
    ["NOISE in", "out"],
  ],
);

/** A window that the city opened, beside what truly happened. */
export function tableRow({ endMs, sensor, kind, published, truth }: OpenedRecord): string {
  const names = [timeOfDay(endMs), sensor, kind] as const;
  if (!published) return row(names, [cells(truth), ["not measured", ""], ["", ""]]);
  const truly = truth ? numbers(truth) : [];
  const [one = "", two = ""] = numbers(published).map((value, at) => {
    const exact = truly[at];
    return exact === undefined ? "?" : signed(value - exact);
  });
  return row(names, [cells(truth), cells(published), [one, two]]);
}

function row([time, sensor, kind]: readonly [string, string, string], pairs: readonly Pair[]): string {
  const cells = pairs.map(([one, two], at) => `${one.padStart(WIDTHS[at] ?? 0)}${two.padStart(4)}`);
  return `${time.padEnd(10)}${sensor.padEnd(11)}${kind.padEnd(10)}${cells.join("  ")}`;
}

function cells(truth: Truth | null): Pair {
  if (!truth) return ["?", ""];
  const [one = 0, two] = numbers(truth);
  return [String(one), two === undefined ? "" : String(two)];
}

function numbers(truth: Truth): readonly number[] {
  return "in" in truth ? [truth.in, truth.out] : [truth.present];
}
