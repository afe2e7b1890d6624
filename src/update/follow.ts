import { type Clock, sleep } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { stepLine } from "./outcome.ts";
import type { Workshop } from "./ports.ts";
import { readTrial } from "./safe.ts";
import type { Trial } from "./trial.ts";

const LOOK_MS = 500;
/** The judge may be between two starts of its own for so long. */
const JUDGE_AWAY_MS = 60_000;

export interface FollowOptions {
  readonly what: Trial["what"];
  readonly safe: string;
  readonly workshop: Pick<Workshop, "isJudging">;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * Tells how a trial goes on. It goes on without whoever looks.
 * @returns the decided trial; null when `signal` ended the looking
 * @throws TelpostError update.not_possible when nobody judges
 */
export async function follow({
  what,
  safe,
  workshop,
  clock,
  signal,
  say,
}: FollowOptions): Promise<Trial | null> {
  let said = "";
  let seenMs = clock.monotonic();
  while (!signal.aborted) {
    const trial = readTrial(safe, what);
    const judging = await workshop.isJudging();
    // The judge tidies up and goes; only then is all over.
    if (trial?.step === "done" && !judging) return trial;
    const line = trial && trial.step !== "done" ? stepLine(trial) : said;
    if (line && line !== said) say(line);
    said = line;
    if (judging) seenMs = clock.monotonic();
    if (clock.monotonic() - seenMs > JUDGE_AWAY_MS)
      throw new TelpostError("update.not_possible", "telpost-trial.service does not run");
    await sleep(clock, LOOK_MS, signal, "update.follow");
  }
  return null;
}
