import { z } from "zod";

/**
 * A trial of a new release or of a new configuration: apply it, watch until a window came with it, else go back once and
 * watch again. What is here decides and touches nothing; it is written down before each step, so that a power cut at any
 * moment leaves a trial that goes on.
 */

const count = z.int().min(0);

export const trialSchema = z.object({
  schema: z.literal("telpost/trial/1"),
  what: z.enum(["package", "configuration"]),
  /** Versions of the package, or hashes of configurations. Null: there is nothing to go back to. */
  from: z.string().nullable(),
  to: z.string(),
  /** The new one is on trial, or the old one after it was taken back. */
  stage: z.enum(["new", "old"]),
  step: z.enum(["apply", "watch", "done"]),
  /** How often this stage was applied: more than once after a power cut. */
  tries: count,
  /** How often the machine started while this stage was watched. */
  boots: count,
  bootId: z.string(),
  /** When the watch began, monotonic ms of this boot. */
  sinceMs: z.number(),
  /** How long the proof may take. */
  limitSeconds: z.int().min(1),
  /** What must come with the new one: a window that is kept, one that is also delivered, or nothing where nothing ran. */
  proof: z.enum(["none", "kept", "delivered"]),
  /** The runs of the units from before the trial (INVOCATION_ID of systemd.exec(5)): they prove nothing. */
  before: z.array(z.string()),
  outcome: z.enum(["kept", "returned", "stuck", "unproven", "overtaken"]).nullable(),
  why: z.string().nullable(),
  /** SHA-256 of the package. */
  sha256: z.string().nullable(),
  /** RFC 3339, UTC. */
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});
export type Trial = z.infer<typeof trialSchema>;

/** After this many interrupted attempts, or starts of the machine, a stage has failed. */
const MOST_TRIES = 3;
const MOST_BOOTS = 3;

export type Planned = Pick<
  Trial,
  "what" | "from" | "to" | "limitSeconds" | "proof" | "before" | "sha256" | "bootId" | "startedAt"
>;

/** A trial before its first step. */
export function newTrial(planned: Planned): Trial {
  const blank = { stage: "new", step: "apply", tries: 0, boots: 0, sinceMs: 0 } as const;
  return { schema: "telpost/trial/1", ...planned, ...blank, outcome: null, why: null, endedAt: null };
}

/** To be written down when the machine has started again, or the judge has. */
export function resumed(trial: Trial, bootId: string, nowMs: number): Trial {
  if (trial.step === "done" || trial.bootId === bootId) return trial;
  const again = { ...trial, bootId, sinceMs: nowMs, boots: trial.boots + 1 };
  return trial.step === "watch" && again.boots >= MOST_BOOTS
    ? failed(again, `the machine started ${again.boots} times without a window`)
    : again;
}

/** To be written down before each attempt to apply. */
export function trying(trial: Trial): Trial {
  if (trial.tries >= MOST_TRIES) return failed(trial, `it was interrupted ${trial.tries} times`);
  return { ...trial, tries: trial.tries + 1 };
}

/** @param failure why it could not be applied; null when it was */
export function applied(trial: Trial, failure: string | null, nowMs: number): Trial {
  return failure === null ? { ...trial, step: "watch", boots: 0, sinceMs: nowMs } : failed(trial, failure);
}

/** What the watch ends with. */
export type Verdict =
  | { readonly is: "proven" }
  | { readonly is: "failed" | "overtaken"; readonly why: string };

/** One return and no more: whatever happens then is for a person. */
export function judged(trial: Trial, verdict: Verdict): Trial {
  if (verdict.is === "failed") return failed(trial, verdict.why);
  if (verdict.is === "overtaken") return { ...trial, step: "done", outcome: "overtaken", why: verdict.why };
  return { ...trial, step: "done", outcome: trial.stage === "new" ? "kept" : "returned" };
}

function failed(trial: Trial, why: string): Trial {
  if (trial.stage === "old")
    return { ...trial, step: "done", outcome: "stuck", why: `${trial.why}; and after going back: ${why}` };
  if (trial.from === null) return { ...trial, step: "done", outcome: "unproven", why };
  return { ...trial, stage: "old", step: "apply", tries: 0, boots: 0, why };
}
