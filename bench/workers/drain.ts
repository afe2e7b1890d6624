import { SystemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { readClockSync } from "../../src/base/native/adjtimex.ts";
import { startUplink } from "../../src/forward/uplink/uplink.ts";
import { IDENTITY, MAX_AGE_MS, openBenchOutbox } from "../kit/rows.ts";
import { report, Stopwatch } from "../kit/stopwatch.ts";

/** `drain FILE PORT IN_FLIGHT PER_SECOND`: the outbox through the real uplink, until every row is proven and gone. */
const [, , file = "", port = "0", inFlight = "1", perSecond = "1"] = process.argv;
const TIDY_MS = 10_000;
const clock = new SystemClock();

async function main(): Promise<void> {
  const outbox = openBenchOutbox(file, clock.realtime());
  const { queued } = outbox.stats();
  let first: Stopwatch | undefined;
  let proven = 0;
  // The clock starts with the first lease, as that of the bare publisher with its first publish.
  const lease = outbox.lease.bind(outbox);
  outbox.lease = (request) => {
    first ??= new Stopwatch();
    return lease(request);
  };
  const settle = outbox.settle.bind(outbox);
  const all = new Promise<void>((resolve) => {
    outbox.settle = (id, verdict) => {
      settle(id, verdict);
      if (verdict === "accepted" && ++proven === queued) resolve();
    };
  });
  const config = {
    url: `mqtt://127.0.0.1:${port}`,
    ack: "broker",
    protocol: "5",
    keepaliveSeconds: 30,
  } as const;
  const uplink = startUplink({
    config: { ...config, inFlight: Number(inFlight), backlogPerSecond: Number(perSecond) },
    identity: IDENTITY,
    profile: "street",
    maxAgeMs: MAX_AGE_MS,
    outbox,
    clock,
    jitterBelow: () => 0,
    log: silentLog,
    bootId: "5f3a6c1e-0000-4000-8000-000000000001",
    clockSynced: () => readClockSync().synced,
    birth: () => ({ software: "telpost", configHash: "bench", about: null }),
    health: () => ({ uptimeSeconds: 1, sensors: [], cityKeyUntilMs: null }),
    report: () => null,
    onKeys() {},
    onCommand() {},
  });
  const tidy = () => {
    outbox.tidy(clock.realtime());
    clock.after("tidy", TIDY_MS, tidy);
  };
  clock.after("tidy", TIDY_MS, tidy);
  await all;
  if (!first) throw new Error("nothing was leased");
  const worked = first.read(queued);
  outbox.tidy(clock.realtime());
  const { seconds: committedSeconds } = first.read(queued);
  report({ ...worked, committedSeconds, left: outbox.stats().queued });
  await uplink.stop();
  process.exit(0);
}

void main();
