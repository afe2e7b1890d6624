import { type BothStatus, whatIsMissing, windowKept } from "../ops/first-window.ts";
import type { SenseStatus } from "../sense/compose.ts";
import type { Trial, Verdict } from "./trial.ts";

/** One unit of systemd: see ActiveState, NRestarts and InvocationID in org.freedesktop.systemd1(5). */
export interface UnitState {
  readonly name: string;
  readonly active: boolean;
  /** How often systemd started it again since it was told to start it. */
  readonly restarts: number;
  /** Names this run of it. */
  readonly run: string;
}

/** What is seen of the gateway in one look. */
export interface Seen extends BothStatus {
  /** The version that dpkg has installed; null for none, or a half. */
  readonly installed: string | null;
  readonly units: readonly UnitState[];
  /** What sense answered first since the watch began. */
  readonly first: SenseStatus | null;
  readonly nowMs: number;
}

/** A unit that ended so often by itself will not last until a window. */
const MOST_RESTARTS = 4;
/** Windows wait so long for a clock that was never set, and then come without it. */
const CLOCK_WAIT_MS = 65 * 60_000;

/** What one look means; null: look again. */
export function judge(trial: Trial, seen: Seen): Verdict | null {
  const { proof, stage } = trial;
  if (isOvertaken(trial, seen))
    return { is: "overtaken", why: `somebody else installed ${seen.installed ?? "or removed it"}` };
  if (proof === "none") return { is: "proven" };
  const broken = whatIsBroken(trial, seen);
  if (broken !== null) return { is: "failed", why: broken };
  const delivered = stage === "old" || proof === "kept" || isDelivered(seen);
  const active = seen.units.every((unit) => unit.active);
  if (active && windowKept(seen.first, seen) && delivered) return { is: "proven" };
  return isOver(trial, seen) ? { is: "failed", why: tooLate(trial, seen) } : null;
}

function isOvertaken({ what, stage, from, to }: Trial, { installed }: Seen): boolean {
  return what === "package" && installed !== (stage === "new" ? to : from);
}

function whatIsBroken({ before, stage }: Trial, { units }: Seen): string | null {
  const old = units.find(({ run }) => before.includes(run));
  if (old && stage === "new") return `${old.name} was not started anew; journalctl says why`;
  const restless = units.find(({ restarts }) => restarts > MOST_RESTARTS);
  return restless ? `${restless.name} ended ${restless.restarts} times by itself` : null;
}

/** In this run of forward: each begins without a proof. */
function isDelivered({ forward }: Seen): boolean {
  return forward !== null && forward.uplink.lastProofMs !== null;
}

function isOver({ sinceMs, limitSeconds }: Trial, { nowMs, sense }: Seen): boolean {
  const waitsForClock = sense !== null && sense.waiting > 0 && !sense.clockSynced;
  return nowMs - sinceMs > limitSeconds * 1000 + (waitsForClock ? CLOCK_WAIT_MS : 0);
}

function tooLate({ limitSeconds }: Trial, seen: Seen): string {
  const idle = seen.units.find(({ active }) => !active);
  const kept = windowKept(seen.first, seen);
  const missing = idle ? `${idle.name} does not run` : kept ? "no window was delivered" : whatIsMissing(seen);
  return `no proof within ${limitSeconds} s: ${missing}`;
}
