import type { Clock } from "../base/clock.ts";
import { errorLine, TelpostError } from "../base/errors.ts";
import { withDeadline } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";
import { sdNotify } from "../base/native/sd-notify.ts";
import type { ProcessLog } from "./log.ts";
import { Progress, type Work } from "./progress.ts";
import { VERSION } from "./version.ts";

/** A process that was started and can be stopped. */
export interface Running {
  stop(): Promise<void>;
  /** The work by which systemd judges whether it lives. */
  readonly works: readonly Work[];
  /** One line for `systemctl status`: no function of passages. */
  summary(): string;
}

/** A stop takes at most this long; what is not done by then is in the crash copy or the outbox. */
const STOP_MS = 10_000;

export interface RunOptions {
  readonly log: ProcessLog;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
}

export interface TellOptions extends Pick<RunOptions, "clock" | "env"> {
  readonly log: Pick<Log, "error">;
  readonly notify?: (state: string) => unknown;
}

/** Without a watchdog systemd is told so often. */
const STATUS_MS = 30_000;

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
  const stopPings = tellSystemd(running, { log, clock, env });
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

/**
 * Tells systemd how things stand, twice in each watchdog interval (sd_watchdog_enabled(3)): a watchdog that is fed by a
 * timer alone proves only that the timer runs. Where work stands still it gets no food, and systemd starts the process anew.
 */
export function tellSystemd(
  { works, summary }: Pick<Running, "works" | "summary">,
  { log, clock, env, notify = sdNotify }: TellOptions,
): () => void {
  const watchdogMs = Number(env.WATCHDOG_USEC ?? 0) / 1000;
  const everyMs = watchdogMs > 0 ? watchdogMs / 2 : STATUS_MS;
  const progress = new Progress(works);
  let told = "";
  const ping = () => {
    const stalled = progress.stalled(clock.monotonic());
    if (stalled)
      log.error("process.stalled", { work: stalled.name, seconds: Math.round(stalled.forMs / 1000) });
    const status = stalled ? `STATUS=stands still: ${stalled.name}` : `STATUS=${summary()}`;
    const news = [
      ...(status === told ? [] : [status]),
      ...(stalled || watchdogMs <= 0 ? [] : ["WATCHDOG=1"]),
    ];
    if (news.length > 0) notify(news.join("\n"));
    told = status;
    timer = clock.after("watchdog", everyMs, ping);
  };
  let timer = clock.after("watchdog", 0, ping);
  return () => timer.cancel();
}
