import type { Clock } from "../base/clock.ts";
import type { Stop } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";
import type { Memory } from "./memory.ts";

/** Marks older than this are forgotten: 400 days. */
const RETAIN_MS = 400 * 86_400_000;
const EVERY_MS = 3_600_000;

/** Forgets old marks now and once an hour, in pieces that do not hold up messages. Returns how to stop it. */
export function forgetRegularly(
  memory: Memory,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Stop {
  const forget = () => {
    const marks = memory.forgetBefore(clock.realtime() - RETAIN_MS);
    if (marks > 0) log.info("receive.forgot", { marks });
    timer = clock.after("receive.forget", EVERY_MS, forget);
  };
  let timer = clock.after("receive.forget", 0, forget);
  return () => timer.cancel();
}
