import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type HistoryResult, runHistory } from "./history.ts";
import { inParallel } from "./pool.ts";
import { WINDOW_MS } from "./rig.ts";
import { describeSchedule, type Schedule, scheduleFor, stallsOf, sweepOf } from "./schedule.ts";
import { shrink } from "./shrink.ts";
import { makeTools } from "./tools.ts";

const HELP = `npm run test:faults -- [options]

Runs histories of faults on real processes, a real broker, real SQLite and real pseudo-terminals, and judges what the city
got. Needs gcc and mosquitto. Prints one line a history; of one that fails also what is wrong and the shortest history
found that still fails. Exit code 1 when any failed.

  --seed N         the first seed; the following histories take the next ones (default 1)
  --histories N    how many (default 5)
  --faults N       in each (default 20)
  --every MS       mean time between two faults (default 1000)
  --kills N        instead: so many kills spread evenly over a window, of both processes in turn
  --stalls N       instead: one history with a card that stalls for five seconds, every twenty seconds, so many times
  --parallel N     histories at one time (default: twice the processors)
  --as-is          the end waits for back-offs to run out; otherwise the last fault kills forward, which begins anew
  --shrink N       tries to shorten each failed history (default 12; 0: none)
  --schedule FILE  run this list of faults instead, one JSON object a line as it is printed
  --log DIR        keep what the processes of failed histories said
  --help
`;

const OPTIONS = {
  seed: { type: "string", default: "1" },
  histories: { type: "string", default: "5" },
  faults: { type: "string", default: "20" },
  every: { type: "string", default: "1000" },
  kills: { type: "string" },
  stalls: { type: "string" },
  parallel: { type: "string", default: String(2 * availableParallelism()) },
  "as-is": { type: "boolean", default: false },
  shrink: { type: "string", default: "12" },
  schedule: { type: "string" },
  log: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

interface Job {
  readonly seed: number;
  readonly schedule: Schedule;
}

const { values: flags } = parseArgs({ options: OPTIONS });
if (flags.help) console.log(HELP);
else process.exitCode = (await runAll()) ? 0 : 1;

async function runAll(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "telpost-faults-"));
  try {
    const parts = { tools: await makeTools(folder), endsWithKill: !flags["as-is"] };
    const run = (job: Job) => runHistory({ ...parts, ...job });
    const jobs = jobsOf();
    let failed = 0;
    await inParallel(jobs, number("parallel"), async (job) => {
      const result = await run(job).catch((failure: unknown) => String(failure));
      const line = typeof result === "string" ? `FAILED to run: ${result}` : summary(result);
      console.log(`seed ${job.seed}, ${job.schedule.length} faults: ${line}`);
      if (typeof result !== "string" && result.violations.length === 0) return;
      failed++;
      if (typeof result !== "string") await explain(job, result, run);
    });
    console.log(`${jobs.length - failed} of ${jobs.length} histories hold`);
    return failed === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function number(
  name: "seed" | "histories" | "faults" | "every" | "parallel" | "shrink" | "kills" | "stalls",
): number {
  const value = Number(flags[name]);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} takes a whole number`);
  return value;
}

function jobsOf(): Job[] {
  const first = number("seed");
  const options = { faults: number("faults"), everyMs: number("every") };
  if (flags.schedule !== undefined) return [{ seed: first, schedule: scheduleFrom(flags.schedule) }];
  if (flags.stalls !== undefined) return [{ seed: first, schedule: stallsOf(number("stalls")) }];
  const histories = number("histories");
  return Array.from({ length: histories }, (_, part) => {
    const seed = first + part;
    const sweep = () => sweepOf(number("kills"), WINDOW_MS, { part, parts: histories });
    return { seed, schedule: flags.kills === undefined ? scheduleFor(seed, options) : sweep() };
  });
}

function scheduleFrom(file: string): Schedule {
  if (!existsSync(file)) throw new Error(`--schedule: there is no ${file}`);
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as Schedule[number]);
}

function summary({ violations, records, reasons, freshAfterMs, latestMs }: HistoryResult): string {
  const { ok, partial, not_measured: none } = records;
  const fresh = freshAfterMs === null ? "never" : `after ${(freshAfterMs / 1000).toFixed(1)} s`;
  const windows = `${ok} windows whole, ${partial} partial, ${none} not measured`;
  const declared = reasons.length > 0 ? `declared ${reasons.join(", ")}` : "nothing declared";
  const late =
    flags.stalls === undefined
      ? ""
      : `; the latest window came ${(latestMs / 1000).toFixed(1)} s after its end`;
  return `${violations.length === 0 ? "holds" : "FAILED"}; ${windows}; ${declared}; fresh ${fresh}${late}`;
}

async function explain(
  job: Job,
  result: HistoryResult,
  run: (job: Job) => Promise<HistoryResult>,
): Promise<void> {
  const told = result.violations.map(({ rule, what }) => `  ${rule}: ${what}`);
  console.log(`seed ${job.seed}:\n${told.slice(0, 20).join("\n")}\n${describeSchedule(job.schedule)}`);
  if (flags.log !== undefined) {
    writeFileSync(join(flags.log, `seed-${job.seed}.log`), result.logs);
    writeFileSync(join(flags.log, `seed-${job.seed}.json`), JSON.stringify(result.evidence));
  }
  const fails = async (schedule: Schedule) => {
    const again = await run({ ...job, schedule }).catch(() => null);
    return again !== null && again.violations.length > 0;
  };
  const limit = number("shrink");
  if (limit === 0) return;
  const shortest = await shrink(job.schedule, fails, limit);
  console.log(
    `seed ${job.seed}: the shortest history found, of ${shortest.length}:\n${describeSchedule(shortest)}`,
  );
}
