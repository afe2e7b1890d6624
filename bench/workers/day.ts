import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { parseDeviceBytes, writtenBytesOf } from "../kit/proc.ts";
import { ALL_ROWS, BARE_INSERT, bareValues, openBare, openBenchOutbox, sealedWindows } from "../kit/rows.ts";
import { report, Stopwatch } from "../kit/stopwatch.ts";
import { START_MS } from "../kit/virtual-sense.ts";

/**
 * `day telpost|bare FOLDER WINDOWS`: what forward does in each minute of a day without trouble. One commit keeps the
 * sealed message and settles the one before, whose PUBACK came long ago; every fifth minute forward tidies up as well.
 */
const [, , what = "", folder = "", windows = "0"] = process.argv;
const TIDY_EVERY = 5;
const file = `${folder}/${what}.db`;

/** Everything written to the file system is on the device, and counted, when this returns. */
function deviceBytes(): number {
  spawnSync("sync", ["-f", folder]);
  const { dev } = statSync(folder);
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  return parseDeviceBytes(readFileSync(`/sys/dev/block/${major}:${minor}/stat`, "utf8"));
}

type Windows = Awaited<ReturnType<typeof sealedWindows>>;

function telpost(all: Windows): () => void {
  const outbox = openBenchOutbox(file);
  return () => {
    all.forEach(({ message, baselines }, n) => {
      outbox.append([{ type: "message", message, baselines }], message.endMs);
      for (const { id } of outbox.lease(ALL_ROWS)) outbox.settle(id, "accepted");
      if (n % TIDY_EVERY === TIDY_EVERY - 1) outbox.tidy(message.endMs + 10_000);
    });
    outbox.tidy(START_MS);
    if (outbox.stats().queued > 0) throw new Error("rows were left");
  };
}

function bare(all: Windows): () => void {
  const database = openBare(file);
  const insert = database.prepare(BARE_INSERT);
  const remove = database.prepare("DELETE FROM rows");
  return () => {
    for (const { message, baselines } of all) {
      insert.run(...bareValues({ type: "message", message, baselines }));
      remove.run();
    }
  };
}

async function main(): Promise<void> {
  const all = await sealedWindows(Number(windows));
  const run = what === "telpost" ? telpost(all) : bare(all);
  const before = { device: deviceBytes(), process: writtenBytesOf(process.pid) };
  const watch = new Stopwatch();
  run();
  const worked = watch.read(all.length);
  const device = deviceBytes() - before.device;
  const sealed = all.reduce((sum, { message }) => sum + message.jws.length, 0);
  report({ ...worked, device, process: writtenBytesOf(process.pid) - before.process, sealed });
  process.exit(0);
}

void main();
