import { ERRORS } from "../base/error-table.ts";
import type { ErrorCode } from "../base/errors.ts";
import type { Trial } from "./trial.ts";

type Outcome = NonNullable<Trial["outcome"]>;

/** What stands in the log, on the terminal and in the exit code for each end but the good one. */
export const OUTCOME_CODES = {
  returned: "update.returned",
  stuck: "update.stuck",
  unproven: "update.unproven",
  overtaken: "update.overtaken",
} as const satisfies Record<Exclude<Outcome, "kept">, ErrorCode>;

/** How a trial stands, in lines for people. */
export function trialLines(trial: Trial): string[] {
  const { outcome, step, stage, startedAt, endedAt } = trial;
  const name = `${thing(trial)} of ${startedAt.slice(0, 16).replace("T", " ")}`;
  if (step !== "done" || outcome === null) return [`${name}: ${stepLine(trial)}`];
  if (outcome === "kept") return [`${name}: kept${trial.proof === "none" ? ", without a proof" : ""}.`];
  const code = OUTCOME_CODES[outcome];
  const ended = stage === "old" && endedAt ? ` at ${endedAt.slice(11, 19)}` : "";
  return [`${name}: ${code}: ${ERRORS[code].what}${ended} (${trial.why}) ${ERRORS[code].hint}`];
}

/** What happens now. */
export function stepLine({ what, stage, step, from, to, limitSeconds, proof, why }: Trial): string {
  const is = what === "package" ? "telpost " : "configuration ";
  if (stage === "old" && step === "apply") return `Going back to ${is}${from}, because ${why}.`;
  if (step === "apply") return what === "package" ? `Installing telpost ${to}.` : `Starting with ${is}${to}.`;
  if (proof === "none") return "Nothing ran before, so nothing is waited for.";
  const wanted = stage === "new" && proof === "delivered" ? "kept and delivered" : "kept";
  return `Waiting for a window that is ${wanted}, at most ${limitSeconds} s.`;
}

function thing({ what, to }: Trial): string {
  return what === "package" ? `update to ${to}` : `configuration ${to}`;
}
