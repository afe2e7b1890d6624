import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { atTheCity } from "./city.ts";
import type { Bench, Row } from "./scenario.ts";
import { type LineScript, passages, toggles } from "./scripts.ts";

const LINE_SCRIPTS = {
  fast: () => toggles(5000, 5000),
  stopped: () => toggles(900, 450),
  overflow: () => toggles(3000, 1500),
  beams: (seed: number) => passages(1000, seed),
  units: (seed: number) => passages(100, seed),
  unitsStopped: () => toggles(3000, 1500, 8),
};
export type LineName = keyof typeof LINE_SCRIPTS;

/** Puts what is driven past a line, and past the units, into the share: NAME.edges. The same for each driver. */
export function shareScripts({ share, seed }: Bench): Record<LineName, LineScript> {
  const made = Object.entries(LINE_SCRIPTS).map(([name, make]) => [name, make(seed)] as const);
  for (const [name, { text }] of made) writeFileSync(join(share, `${name}.edges`), text);
  return Object.fromEntries(made) as Record<LineName, LineScript>;
}

/** What guest/counter.ts counted of one script. */
export interface Counted {
  readonly edges: number;
  readonly lost: number;
  readonly in: number;
  readonly out: number;
  readonly discarded: number;
  readonly cpuMs: number;
}

interface Driven {
  readonly edges: number;
  readonly tookUs: number;
  readonly latestUs: number;
}

export const counted = (bench: Bench, name: LineName) => bench.json<Counted>(`${name}.counted.json`);

/** How it was driven, and what counting cost. */
export function pace(bench: Bench, name: LineName): string {
  const driven = bench.json<Driven>(`${name}.driven.json`);
  if (!driven) return bench.text(`${name}.err`);
  const rate = Math.round(driven.edges / (driven.tookUs / 1e6));
  return `${rate} a second, latest by ${driven.latestUs} us; CPU ${counted(bench, name)?.cpuMs} ms`;
}

/** What passes the units of the package, by what the city opened; `stopped`: what is left of 3,000 edges while sense stands still. */
export function throughUnits(
  bench: Bench,
  truth: LineScript,
  stopped: { readonly what: string; readonly in: number },
): Row[] {
  const seen = (sensor: string) => {
    const totals = atTheCity(bench.text("received.ndjson"), sensor);
    return `${totals.in} in, ${totals.out} out, ${totals.edgesLost} windows with edges_lost`;
  };
  return [
    {
      what: "100 passages past the units, as the city counts them",
      wanted: `${truth.in} in, ${truth.out} out, 0 windows with edges_lost`,
      got: seen("door"),
      notes: bench.text("units.driven.json"),
    },
    {
      what: `3,000 edges while telpost-sense is stopped for 2 s: ${stopped.what}`,
      wanted: `${stopped.in} in, 0 out, 1 windows with edges_lost`,
      got: seen("gate"),
    },
  ];
}

/** The contract tests of guest/NAME.ts, on a chip of the kernel. */
export function contractRow(bench: Bench, name: string, what: string): Row {
  return {
    what,
    wanted: "exit 0",
    got: `exit ${bench.text(`${name}.status`)}`,
    notes: summaryOf(bench.text(`${name}.txt`)),
  };
}

/** "tests 19, pass 19, fail 0" out of what the test runner printed. */
const summaryOf = (text: string): string =>
  (/^\S+ tests \d+[\s\S]*?fail \d+/m.exec(text)?.[0] ?? "").replaceAll(/\n\S+/g, ",");
