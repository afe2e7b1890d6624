import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  type Bench,
  hasProgram,
  type Measure,
  pairs,
  perSecond,
  pick,
  type Worked,
  work,
} from "../kit/bench.ts";
import { FORMS } from "../kit/forms.ts";
import { parseSyncs } from "../kit/proc.ts";
import type { Figure } from "../report/figures.ts";

const ROWS = 5_000;
const BATCH = 100;
const RUNS = 3;
const WINDOWS_A_DAY = 1440;
/** Under strace everything is slow. */
const TRACED_WINDOWS = 60;
const MB = 1e6;

/** Rows into the outbox, committed by the hundred. */
export const append: Measure = {
  name: "append",
  async run(bench) {
    const figures: Figure[] = [];
    const file = join(bench.folder, "append.db");
    for (const form of FORMS) {
      const run = (what: string) => async () => {
        const worked = await work(bench, {
          form: bench.forms[form],
          worker: "append",
          args: [what, file, ROWS, BATCH],
        });
        for (const end of ["", "-wal", "-shm", ".lock"]) rmSync(`${file}${end}`, { force: true });
        return worked;
      };
      const runs = await pairs(RUNS, run("telpost"), run("bare"));
      const limit = `better-sqlite3, ${BATCH} rows a commit`;
      figures.push({ name: `rows kept, ${form}`, unit: "a second", limit, pairs: pick(runs, perSecond) });
    }
    return figures;
  },
};

/** What a day of windows writes to the card. */
export const wear: Measure = {
  name: "wear",
  async run(bench) {
    const wrapper = await ownFileSystem(bench);
    const folder = join(bench.folder, "card");
    const run = (what: string) => () =>
      work(bench, { form: bench.forms.source, worker: "day", args: [what, folder, WINDOWS_A_DAY], wrapper });
    // One day each: what is counted are bytes, which do not depend on what else the machine does.
    const runs = await pairs(1, run("telpost"), run("bare"));
    const bytes = wrapper.length > 0 ? "device" : "process";
    const limit = "one table: insert, delete, two commits";
    const figure = (name: string, unit: string, of: (worked: Worked) => number): Figure => {
      return { name, unit, limit, pairs: pick(runs, of) };
    };
    const of = (worked: Worked) => worked[bytes] ?? Number.NaN;
    const sealed = runs[0]?.telpost.sealed ?? Number.NaN;
    return [
      {
        ...figure("written to the card a day", "MB", (worked) => of(worked) / MB),
        budget: { of: "telpost", is: "at most", limit: 30 },
      },
      figure("written to the card a window", "bytes", (worked) => of(worked) / worked.count),
      ...(await syncs(bench)),
      {
        name: "sealed message of ten sensors",
        unit: "bytes",
        limit: "target of the contract, 4 KB",
        pairs: [{ telpost: sealed / WINDOWS_A_DAY, bare: 4096 }],
      },
    ];
  },
};

/**
 * A file system of its own in a file, seen by the worker only, so that the device counts its bytes and no others. It is
 * gone with the worker.
 * @returns what to put before the worker's command; nothing when this machine does not allow it
 */
async function ownFileSystem({ folder, note }: Bench): Promise<string[]> {
  const [card, image] = [join(folder, "card"), join(folder, "card.img")];
  mkdirSync(card);
  const missing = ["unshare", "mount", "mkfs.ext4"].filter((name) => !hasProgram(name));
  if (process.getuid?.() !== 0 || missing.length > 0) {
    note(
      "bytes to the card are write_bytes of the process, without the file system's journal: a device needs root",
    );
    return [];
  }
  const script = `truncate -s 256M ${image} && mkfs.ext4 -q -F ${image} && mount -o loop ${image} ${card} && exec "$@"`;
  const wrapper = ["unshare", "-m", "sh", "-c", script, "sh"];
  try {
    await promisify(execFile)("unshare", [...wrapper.slice(1), "true"]);
    return wrapper;
  } catch {
    note("bytes to the card are write_bytes of the process: no loop device can be mounted here");
    return [];
  }
}

/** How often the disk is waited for in each window. */
async function syncs(bench: Bench): Promise<Figure[]> {
  if (!hasProgram("strace")) {
    bench.note("fsyncs a window: not measured, strace not found");
    return [];
  }
  const [folder, counts] = [join(bench.folder, "traced"), join(bench.folder, "strace.txt")];
  mkdirSync(folder);
  const run = (what: string) => async () => {
    const traced = async (windows: number) => {
      writeFileSync(counts, "");
      const wrapper = ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", counts];
      await work(bench, { form: bench.forms.source, worker: "day", args: [what, folder, windows], wrapper });
      for (const end of ["", "-wal", "-shm", ".lock"])
        rmSync(join(folder, `${what}.db${end}`), { force: true });
      return parseSyncs(readFileSync(counts, "utf8"));
    };
    // Opening costs some too: the difference is what windows cost.
    return ((await traced(2 * TRACED_WINDOWS)) - (await traced(TRACED_WINDOWS))) / TRACED_WINDOWS;
  };
  const runs = await pairs(1, run("telpost"), run("bare"));
  return [
    {
      name: "fsyncs a window",
      unit: "",
      limit: "one table, two commits",
      pairs: pick(runs, (count) => count),
    },
  ];
}
