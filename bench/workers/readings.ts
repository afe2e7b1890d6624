import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { silentLog } from "../../src/base/log.ts";
import { openCrashFolder } from "../../src/sense/crash/crash-copy.ts";
import { lineOf, SENSORS } from "../kit/site.ts";
import { report, Stopwatch } from "../kit/stopwatch.ts";
import { VirtualSense } from "../kit/virtual-sense.ts";

/**
 * `readings telpost|parse|copy MEMORY COUNT`: lines of ten sensors in turn, one a chunk, at 100 a second of virtual time,
 * so that windows close and are sealed as often as on a street.
 */
const [, , what = "", memory = "", count = "0"] = process.argv;
const WARM_UP = 5_000;
const EVERY_MS = 10;
/** What the crash copy of these ten sensors measures, about. */
const COPY_BYTES = 3_250;

const total = Number(count);
const lines = Array.from({ length: total + WARM_UP }, (_, n) => {
  const index = n % SENSORS.length;
  const sensor = SENSORS[index];
  if (!sensor) throw new Error("no sensor");
  return { index, bytes: Buffer.from(lineOf(sensor, n)), text: lineOf(sensor, n) };
});
const [warm, measured] = [lines.slice(0, WARM_UP), lines.slice(WARM_UP)];

async function telpost(): Promise<void> {
  const folder = `${memory}/readings-${process.pid}`;
  const crash = openCrashFolder(folder, silentLog);
  const sense = new VirtualSense(crash);
  const run = async (some: typeof lines) => {
    for (const { index, bytes } of some) {
      sense.clock.advance(EVERY_MS);
      sense.feed(index, bytes);
      if (sense.core.sealing.waiting > 0) await sense.take();
    }
  };
  await run(warm);
  const watch = new Stopwatch();
  await run(measured);
  report(watch.read(total));
  crash.close();
  rmSync(folder, { recursive: true });
}

/** Nothing but JSON.parse; with `copied` also one write of as many bytes as the crash copy has. */
function parse(copied: boolean): void {
  const file = openSync(`${memory}/copy-${process.pid}`, "w");
  const copy = Buffer.alloc(COPY_BYTES, "x");
  let sum = 0;
  const run = (some: typeof lines) => {
    for (const { text } of some) {
      sum += Object.keys(JSON.parse(text)).length;
      if (copied) writeSync(file, copy, 0, copy.length, 0);
    }
  };
  run(warm);
  const watch = new Stopwatch();
  run(measured);
  report({ ...watch.read(total), sum });
  closeSync(file);
  rmSync(`${memory}/copy-${process.pid}`);
}

async function main(): Promise<void> {
  if (what === "telpost") await telpost();
  else parse(what === "copy");
}

void main();
