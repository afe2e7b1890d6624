import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { type Clock, sleep } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { writeWhole } from "../base/whole-file.ts";
import { configHash } from "../config/parse.ts";
import type { BothStatus } from "../ops/first-window.ts";
import { judge } from "./judge.ts";
import { OUTCOME_CODES } from "./outcome.ts";
import type { Machine } from "./ports.ts";
import { fileHash } from "./release.ts";
import { debFile, judgeFolder, lastGoodFile, readLastGood, writeTrial } from "./safe.ts";
import { applied, judged, resumed, type Trial, trying, type Verdict } from "./trial.ts";

const LOOK_MS = 1_000;

export interface TrialOptions {
  readonly machine: Machine;
  readonly clock: Clock;
  readonly log: Log;
  /** Where packages, trials and the last good configuration are. */
  readonly safe: string;
  /** The administrator's configuration. */
  readonly configFile: string;
  readonly bootId: string;
  /** The machine goes down: the trial goes on when it is back. */
  readonly signal: AbortSignal;
}

/** Goes on with a trial until it is decided; every step is written down before it is taken. */
export async function runTrial(begun: Trial, options: TrialOptions): Promise<Trial> {
  const { clock, bootId, signal } = options;
  let trial = begun;
  if (trial.step !== "done") trial = noted(resumed(trial, bootId, clock.monotonic()), options);
  while (trial.step !== "done" && !signal.aborted)
    trial = noted(await (trial.step === "apply" ? apply : watch)(trial, options), options);
  if (trial.step === "done") await tidy(trial, options);
  return trial;
}

function noted(trial: Trial, { safe, clock, log }: TrialOptions): Trial {
  const ends = trial.step === "done" && trial.endedAt === null;
  const next = ends ? { ...trial, endedAt: new Date(clock.realtime()).toISOString() } : trial;
  writeTrial(safe, next);
  const { what, from, to, outcome, why } = next;
  if (next.step !== "done")
    log.info("update.step", { what, from, to, stage: next.stage, step: next.step, why });
  else if (outcome === "kept") log.info("update.kept", { what, to });
  else if (outcome)
    log.error("update.not_kept", { what, from, to, code: OUTCOME_CODES[outcome], detail: why });
  return next;
}

async function apply(trial: Trial, options: TrialOptions): Promise<Trial> {
  const { machine, clock, safe, signal } = options;
  const next = trying(trial);
  if (next.stage !== trial.stage || next.step !== "apply") return next;
  writeTrial(safe, next);
  const deb = debFile(safe, next.stage === "new" ? "next" : "current");
  const failure = await (next.what === "package" ? machine.install(deb) : machine.restart());
  // What is torn down by a reboot has not failed: it is done again when the machine is back.
  return failure !== null && signal.aborted ? next : applied(next, failure, clock.monotonic());
}

async function watch(trial: Trial, options: TrialOptions): Promise<Trial> {
  const { machine, clock, signal } = options;
  let first: BothStatus["sense"] = null;
  let verdict: Verdict | null = null;
  while (verdict === null) {
    if (signal.aborted) return trial;
    const [installed, units] = [await machine.installed(), await machine.units()];
    const status = await machine.status();
    first ??= status.sense;
    verdict = judge(trial, { ...status, installed, units, first, nowMs: clock.monotonic() });
    if (verdict?.is === "proven") keepLastGood(options, status);
    if (verdict === null) await sleep(clock, LOOK_MS, signal, "update.look");
  }
  return judged(trial, verdict);
}

/** What a decided trial leaves: two packages. Can be done again. */
async function tidy({ what, outcome, sha256 }: Trial, { safe }: TrialOptions): Promise<void> {
  const [current, next] = [debFile(safe, "current"), debFile(safe, "next")];
  if (what === "package" && outcome === "kept" && existsSync(next) && (await fileHash(next)) === sha256) {
    if (existsSync(current)) renameSync(current, debFile(safe, "previous"));
    renameSync(next, current);
  }
  rmSync(next, { force: true });
  rmSync(judgeFolder(safe), { recursive: true, force: true });
}

/** Keeps the administrator's configuration, if it is the one that both processes run with: a window came with it. */
export function keepLastGood(
  { safe, configFile }: Pick<TrialOptions, "safe" | "configFile">,
  { sense, forward }: BothStatus,
): void {
  if (!existsSync(configFile)) return;
  const text = readFileSync(configFile, "utf8");
  const hash = configHash(text);
  if (sense?.configHash !== hash || forward?.configHash !== hash || readLastGood(safe) === text) return;
  mkdirSync(safe, { recursive: true });
  chmodSync(safe, 0o755);
  writeWhole(lastGoodFile(safe), text, { mode: 0o644, replace: true });
}
