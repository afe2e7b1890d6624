import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { silentLog } from "../src/base/log.ts";
import { openCrashFolder } from "../src/sense/crash/crash-copy.ts";
import { LiveGateway, type LiveProcess } from "../tests/kit/live-gateway.ts";
import { startPlainMosquitto } from "../tests/kit/mosquitto.ts";
import { FakeDevice } from "../tests/kit/pty.ts";
import { parseField, pssOf, writtenBytesOf } from "./kit/proc.ts";
import { ALL_ROWS, openBenchOutbox } from "./kit/rows.ts";
import { lineOf, SENSORS } from "./kit/site.ts";
import { VirtualSense } from "./kit/virtual-sense.ts";

/**
 * `npm run bench:soak -- month [DAYS]` or `hour [MINUTES]`: runs for long and prints, as a table, what must stay flat. The
 * month is all of sense and the outbox on a virtual clock, a window a minute; the hour is the real processes, a real
 * broker, real pseudo-terminals and the city's reader, a window every five seconds.
 */
const MINUTES_A_DAY = 1_440;
const MIB = 2 ** 20;
const SAMPLES = 12;

type Row = Readonly<Record<string, number | string>>;

function print(rows: readonly Row[]): void {
  const keys = Object.keys(rows[0] ?? {});
  console.log(`| ${keys.join(" | ")} |\n|${" --- |".repeat(keys.length)}`);
  for (const row of rows) console.log(`| ${keys.map((key) => row[key]).join(" | ")} |`);
}

const mib = (bytes: number) => (bytes / MIB).toFixed(1);

/** Sizes of the files of a folder and those below it, together. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

function collectedHeap(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}

const handlesOf = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;

async function month(days: number): Promise<void> {
  const [disk, memory] = [
    mkdtempSync(join(tmpdir(), "telpost-soak-")),
    mkdtempSync("/dev/shm/telpost-soak-"),
  ];
  const rows: Row[] = [];
  try {
    const sense = new VirtualSense(openCrashFolder(memory, silentLog));
    const outbox = openBenchOutbox(join(disk, "outbox.db"));
    let written = writtenBytesOf(process.pid);
    const every = Math.max(1, Math.round(days / SAMPLES));
    for (let day = 1; day <= days; day++) {
      for (let minute = 0; minute < MINUTES_A_DAY; minute++) {
        const { message, baselines } = await sense.nextWindow(day * MINUTES_A_DAY + minute);
        outbox.append([{ type: "message", message, baselines }], message.endMs);
        for (const { id } of outbox.lease(ALL_ROWS)) outbox.settle(id, "accepted");
        if (minute % 5 === 4) outbox.tidy(message.endMs + 10_000);
      }
      const now = writtenBytesOf(process.pid);
      if (day % every === 0 || day === 1)
        rows.push({
          day,
          "heap MiB": mib(collectedHeap()),
          "RSS MiB": mib(process.memoryUsage().rss),
          handles: handlesOf(process.pid),
          "outbox and WAL MiB": mib(sizeOf(disk)),
          "crash copy KiB": (sizeOf(memory) / 1024).toFixed(0),
          "written that day MiB": mib(now - written),
        });
      written = now;
    }
    outbox.close();
  } finally {
    for (const folder of [disk, memory]) rmSync(folder, { recursive: true });
  }
  print(rows);
}

async function hour(minutes: number): Promise<void> {
  const broker = await startPlainMosquitto();
  const live = new LiveGateway();
  const devices = SENSORS.map(() => new FakeDevice());
  const rows: Row[] = [];
  let sent = 0;
  try {
    for (const device of devices) device.plug();
    const url = `url: "mqtt://127.0.0.1:${broker.port}"`;
    const sensors = SENSORS.map(
      ({ id, kind }, at) => `id: ${id}, profile: generic-jsonl, port: ${devices[at]?.link}, sends: [${kind}]`,
    );
    const privacy = "profile: lab, flow: { windowSeconds: 5 }, occupancy: { windowSeconds: 5 }";
    await live.prepare({ broker: `${url}, ack: city`, cityBroker: url, privacy, sensors });
    const receive = live.startReceive("--ack");
    const [forward, sense] = [live.startForward(), live.startSense()];
    const send = setInterval(() => {
      const at = sent % SENSORS.length;
      const sensor = SENSORS[at];
      if (sensor) devices[at]?.send(Buffer.from(lineOf(sensor, sent)));
      sent++;
    }, 20);
    const samples = Math.min(SAMPLES, minutes);
    let records = 0;
    for (let sample = 0; sample <= samples; sample++) {
      await new Promise((resolve) =>
        setTimeout(resolve, sample === 0 ? 30_000 : (minutes * 60_000) / samples),
      );
      records += forget(receive);
      for (const one of [sense, forward]) forget(one);
      rows.push({
        minute: Math.round((sample * minutes) / samples),
        ...sampleOf(live, { sense, forward }),
        records,
      });
      console.error(JSON.stringify(rows.at(-1)));
    }
    clearInterval(send);
  } finally {
    await live.dispose();
    for (const device of devices) device.dispose();
    await broker.stop();
  }
  print(rows);
  console.log(`\n${sent} readings from ${SENSORS.length} sensors.`);
}

/** What a process printed is not kept for an hour; returns how many lines came from the city's reader. */
function forget(one: LiveProcess): number {
  const lines = one.printed.filter(({ type }) => type === "record").length;
  one.printed.length = 0;
  one.text = "";
  return lines;
}

function sampleOf(live: LiveGateway, { sense, forward }: { sense: LiveProcess; forward: LiveProcess }): Row {
  const pids = { sense: sense.child.pid ?? 0, forward: forward.child.pid ?? 0 };
  const rss = (pid: number) => parseField(readFileSync(`/proc/${pid}/status`, "utf8"), "VmRSS") / 1024;
  return {
    "PSS sense MB": pssOf(pids.sense).toFixed(0),
    "PSS forward MB": pssOf(pids.forward).toFixed(0),
    "RSS sense MiB": rss(pids.sense).toFixed(0),
    "handles sense": handlesOf(pids.sense),
    "handles forward": handlesOf(pids.forward),
    "outbox and WAL MiB": mib(sizeOf(live.places.state)),
    "crash copy KiB": (sizeOf(live.places.crash) / 1024).toFixed(0),
    "written by forward MiB": mib(writtenBytesOf(pids.forward)),
  };
}

const [, , what = "", length = ""] = process.argv;
if (what === "month") await month(Number(length || 30));
else if (what === "hour") await hour(Number(length || 60));
else {
  console.error("npm run bench:soak -- month [DAYS] | hour [MINUTES]");
  process.exitCode = 2;
}
