import type { Clock } from "../base/clock.ts";
import { errorLine, TelpostError } from "../base/errors.ts";
import { withDeadline } from "../base/lifecycle.ts";
import { sdNotify } from "../base/native/sd-notify.ts";
import type { ProcessLog } from "./log.ts";
import { VERSION } from "./version.ts";

/** A process that was started and can be stopped. */
export interface Running {
  stop(): Promise<void>;
}

/** A stop takes at most this long; what is not done by then is in the crash copy or the outbox. */
const STOP_MS = 10_000;

export interface RunOptions {
  readonly log: ProcessLog;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
}

/** Start, ready, wait for the signal, stop within ten seconds: the life of both processes. */
export async function runUntilStopped(
  start: () => Promise<Running>,
  { log, clock, signal, env }: RunOptions,
): Promise<void> {
  log.info("process.starting", { version: VERSION });
  const running = await start().catch((failure: unknown) => {
    const code = failure instanceof TelpostError ? failure.code : undefined;
    log.fatal("process.failed", { ...(code ? { code } : {}), detail: errorLine(failure) });
    throw failure;
  });
  log.info("process.ready");
  sdNotify("READY=1");
  const stopPings = feedWatchdog(clock, env);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  stopPings();
  sdNotify("STOPPING=1");
  log.info("process.stopping");
  const inTime = await withDeadline(clock, STOP_MS, running.stop());
  log.info("process.stopped", { inTime });
}

/** Tells systemd that the loop still turns, twice in each watchdog interval (sd_watchdog_enabled(3)). */
function feedWatchdog(clock: Clock, env: NodeJS.ProcessEnv): () => void {
  const intervalMs = Number(env.WATCHDOG_USEC ?? 0) / 1000;
  if (!(intervalMs > 0)) return () => {};
  const ping = () => {
    sdNotify("WATCHDOG=1");
    timer = clock.after("watchdog", intervalMs / 2, ping);
  };
  let timer = clock.after("watchdog", intervalMs / 2, ping);
  return () => timer.cancel();
}
