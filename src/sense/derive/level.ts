import type { LevelOutput } from "../../config/derived.ts";
import { CROWD_LEVELS, type CrowdLevel } from "../../model.ts";

/** Windows in a row that said the level should rise, or fall, and what all of them agree on. */
interface Leaning {
  readonly way: "rise" | "fall";
  readonly windows: number;
  readonly to: CrowdLevel;
}

/** What a level remembers from window to window. It comes from noised numbers only, so it may be kept. */
export interface LevelState {
  /** Null before the first window that was measured. */
  readonly level: CrowdLevel | null;
  readonly leaning: Leaning | null;
}

export const NO_LEVEL: LevelState = { level: null, leaning: null };

type Rule = Pick<LevelOutput, "thresholds" | "riseWindows" | "fallWindows">;

/**
 * The level after one more window. A level is reached at its `from` and left below its `below`; so many windows in a row
 * must agree. The first number is believed at once. A window that was not measured keeps the level and breaks the row.
 * @param number noised, as it is published; null when the window was not measured
 */
export function judged({ level, leaning }: LevelState, number: number | null, rule: Rule): LevelState {
  if (number === null) return { level, leaning: null };
  const wanted = wantedLevel(level, number, rule);
  if (level === null) return { level: wanted, leaning: null };
  if (wanted === level) return { level, leaning: null };
  const way = rank(wanted) > rank(level) ? "rise" : "fall";
  const before = leaning?.way === way ? leaning : { windows: 0, to: wanted };
  const now = { way, windows: before.windows + 1, to: nearer(level, before.to, wanted) } as const;
  const needed = way === "rise" ? rule.riseWindows : rule.fallWindows;
  return now.windows >= needed ? { level: now.to, leaning: null } : { level, leaning: now };
}

/** The highest level that this number reaches, or does not leave. */
function wantedLevel(level: CrowdLevel | null, number: number, { thresholds }: Rule): CrowdLevel {
  const held = level === null ? 0 : rank(level);
  const holds = (one: CrowdLevel) => {
    if (one === "free") return true;
    const { from, below } = thresholds[one];
    return number >= (rank(one) <= held ? below : from);
  };
  return CROWD_LEVELS.findLast(holds) ?? "free";
}

/** Of two levels on the same side of `level`, the one nearer to it. */
function nearer(level: CrowdLevel, one: CrowdLevel, other: CrowdLevel): CrowdLevel {
  const steps = (to: CrowdLevel) => Math.abs(rank(to) - rank(level));
  return steps(one) <= steps(other) ? one : other;
}

const rank = (level: CrowdLevel) => CROWD_LEVELS.indexOf(level);
