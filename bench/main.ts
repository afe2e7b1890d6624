import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { SystemClock } from "../src/base/clock.ts";
import type { Bench, Measure } from "./kit/bench.ts";
import { makeForms } from "./kit/forms.ts";
import { decoders } from "./measures/decoders.ts";
import { drain } from "./measures/drain.ts";
import { ready, steady } from "./measures/gateway.ts";
import { append, wear } from "./measures/store.ts";
import { guard, readings } from "./measures/throughput.ts";
import type { Figure } from "./report/figures.ts";
import { table } from "./report/table.ts";

/**
 * `npm run bench [-- NAME...]`: every figure beside its bare limit, measured in the same run, and its budget.
 * Ends with 1 when a measure failed; a budget that is not met is a line of the table.
 */
/** The longest comes last, so that a busy machine loses the least to the limit. */
const MEASURES: readonly Measure[] = [steady, ready, wear, readings, append, guard, drain, decoders];
const LONGEST_MS = 300_000;
const MEMORY = "/dev/shm";

const clock = new SystemClock();
const wanted = process.argv.slice(2);
const known = MEASURES.map(({ name }) => name);
const unknown = wanted.filter((name) => !known.includes(name));

/** Runs the measures one after the other: two at once would measure each other. */
async function runAll(bench: Bench, figures: Figure[]): Promise<boolean> {
  let good = true;
  for (const measure of MEASURES) {
    if (wanted.length > 0 && !wanted.includes(measure.name)) continue;
    const sinceMs = clock.monotonic();
    try {
      figures.push(...(await measure.run(bench)));
    } catch (failure) {
      good = false;
      bench.note(`${measure.name}: failed: ${bench.signal.aborted ? "out of time" : shortly(failure)}`);
    }
    process.stderr.write(`${measure.name}: ${((clock.monotonic() - sinceMs) / 1000).toFixed(1)} s\n`);
  }
  return good;
}

/** What a worker said last, without its stack. */
function shortly(failure: unknown): string {
  const lines = String(failure).split("\n");
  return lines.findLast((line) => /^\w*(Error|SyntaxError)\b/.test(line)) ?? lines[0] ?? "";
}

async function main(): Promise<number> {
  const ending = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => ending.abort());
  const limit = clock.after("bench", LONGEST_MS, () => ending.abort());
  const [folder, memory] = [tmpdir(), MEMORY].map((root) => mkdtempSync(join(root, "telpost-bench-")));
  if (!folder || !memory) throw new Error("no folders");
  const notes: string[] = [];
  const figures: Figure[] = [];
  try {
    const note = (text: string) => void notes.push(text);
    const forms = await makeForms(folder);
    const good = await runAll({ clock, forms, folder, memory, signal: ending.signal, note }, figures);
    print(figures, notes);
    return good ? 0 : 1;
  } finally {
    limit.cancel();
    for (const path of [folder, memory]) rmSync(path, { recursive: true, force: true });
  }
}

function print(figures: readonly Figure[], notes: readonly string[]): void {
  console.log(`node ${process.versions.node}, ${process.arch}, ${cpus().length} cores\n`);
  if (figures.length > 0) console.log(table(figures));
  console.log(
    "\nMedian (lowest to highest) of paired runs; ratio is telpost over its bare limit, pair by pair.",
  );
  for (const note of new Set(notes)) console.log(`- ${note}`);
}

if (unknown.length > 0) {
  console.error(`There is no measure ${unknown.join(", ")}. There are: ${known.join(", ")}.`);
  process.exitCode = 2;
} else {
  process.exitCode = await main();
}
