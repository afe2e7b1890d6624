import { renameSync, writeFileSync } from "node:fs";
import { SystemClock } from "../../../src/base/clock.ts";
import { jitterBelow } from "../../../src/base/random.ts";
import { GpioLine } from "../../../src/sense/line/gpio-line.ts";
import type { LineListener } from "../../../src/sense/line/port.ts";
import { SysfsLine } from "../../../src/sense/line/sysfs-line.ts";
import { twoBeamEngine, twoBeamOptions } from "../../../src/sense/sensor/two-beam-engine.ts";

/**
 * Counts what the adapter tells, on the Node and with the options of the units: `counter.cjs RESULT SETTINGS [onoff]`. Prints
 * "up" when the lines are watched, and writes its counts to RESULT at SIGTERM.
 */
const [resultFile = "", settings = "", driver = "character-device"] = process.argv.slice(2);
const clock = new SystemClock();
const counts = { edges: 0, lost: 0, in: 0, out: 0, discarded: 0, downs: [] as string[] };
// The line has debounced already.
const engine = twoBeamEngine(twoBeamOptions({}, 0));

const listener: LineListener = {
  up(atMs, levels) {
    engine.opened(atMs, levels);
    process.stdout.write("up\n");
  },
  down: (code) => void counts.downs.push(code),
  bytes() {},
  edge({ name, level, atMs }) {
    counts.edges++;
    const { readings, discarded } = engine.edge(name, level, atMs);
    counts.discarded += discarded.length;
    for (const reading of readings) {
      if (reading.type !== "passages") continue;
      counts.in += reading.in;
      counts.out += reading.out;
    }
  },
  lost(edges) {
    counts.lost += edges;
  },
};

const Adapter = driver === "onoff" ? SysfsLine : GpioLine;
const line = new Adapter({ settings: JSON.parse(settings), clock, jitterBelow });
line.start(listener);
process.on("SIGTERM", () => {
  void line.stop().then(() => {
    const cpuMs = Math.round((process.cpuUsage().user + process.cpuUsage().system) / 1000);
    writeFileSync(`${resultFile}.part`, JSON.stringify({ ...counts, cpuMs }));
    renameSync(`${resultFile}.part`, resultFile);
  });
});
