import { appendFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { SystemClock } from "../../src/base/clock.ts";
import type { Log } from "../../src/base/log.ts";
import { jitterBelow } from "../../src/base/random.ts";
import { runReceive } from "../../src/city/receive.ts";

/** The reader as a process of its own, for tests that kill it: `receive-program.ts SITE_FILE OUT_FILE`. */
const [siteFile = "", outFile = ""] = process.argv.slice(2);
const say = (event: string, fields: object = {}) =>
  process.stderr.write(`${event} ${JSON.stringify(fields)}\n`);
const log: Log = { debug: say, info: say, warn: say, error: say };
const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort());
await runReceive({
  ...{ siteFile, ack: true, log, jitterBelow, clock: new SystemClock(), signal: stopping.signal },
  out: async (line) => {
    appendFileSync(outFile, `${line}\n`);
    // Slow enough to be killed in the middle, between the line and its mark too.
    await wait(5);
  },
});
