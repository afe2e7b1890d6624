import { stat } from "node:fs/promises";
import { createLog, type LogLevel } from "../../src/ops/log.ts";

/** A small program that logs as a test asks it to: `log-program.ts LINES exit|fatal`. */
const [, , lines = "0", end = "exit"] = process.argv;
const log = createLog({ process: "sense", level: (process.env.LEVEL ?? "info") as LogLevel });
for (let n = 0; n < Number(lines); n++) log.info("window.closed", { n, filler: "x".repeat(100) });
if (end === "fatal") {
  log.fatal("process.failed", { code: "device.gone" });
  process.kill(process.pid, "SIGKILL");
}
// Turns of the event loop through libuv's pool: they go on, and a stalled reader has the time to be noticed.
for (let turn = 0; turn < 200; turn++) await stat("/");
process.exit(3);
