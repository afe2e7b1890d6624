import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../base/whole-file.ts";
import { type Trial, trialSchema } from "./trial.ts";

/**
 * The folder where root keeps what a gateway goes back to: two packages, the last good configuration, and how the last
 * trial of each kind stands. Everybody may read it, nobody else may write it.
 */

/** The last configuration with which a window was proven. */
export const lastGoodFile = (safe: string): string => join(safe, "telpost.yaml");
/** The package that is installed, the one before, and the one on trial. */
export const debFile = (safe: string, which: "current" | "previous" | "next"): string =>
  join(safe, `${which}.deb`);
/** Where the installed package is packed again. */
export const treeFolder = (deb: string): string => `${deb}.tree`;

/** Where apt puts what it loads, with random letters behind it. */
export const aptFolderPrefix = (safe: string): string => join(safe, "apt-");

/** The program that judges: it must outlive the one that is replaced. */
export const judgeFolder = (safe: string): string => join(safe, "judge");

const trialFile = (safe: string, what: Trial["what"]) => join(safe, `${what}.json`);

/** The last trial of a kind; null when there was none, or when nobody can read what is written. */
export function readTrial(safe: string, what: Trial["what"]): Trial | null {
  try {
    return trialSchema.parse(JSON.parse(readFileSync(trialFile(safe, what), "utf8")));
  } catch {
    return null; // No trial, or one of another release's making: nothing depends on it but a way back.
  }
}

/** The trial that is not decided yet. */
export function openTrial(safe: string): Trial | null {
  const both = [readTrial(safe, "package"), readTrial(safe, "configuration")];
  return both.find((trial) => trial !== null && trial.step !== "done") ?? null;
}

/** Written whole, also across a power cut. */
export function writeTrial(safe: string, trial: Trial): void {
  writeWhole(trialFile(safe, trial.what), `${JSON.stringify(trial, null, 2)}\n`, {
    mode: 0o644,
    replace: true,
  });
}

/** The hash of the configuration that was tried last, if it was taken back. */
export function takenBack(safe: string): string | null {
  const trial = readTrial(safe, "configuration");
  return trial?.stage === "old" ? trial.to : null;
}

/** Whoever starts anew with the administrator's configuration means it: what was tried before says nothing any more. */
export function forgetTakenBack(safe: string): void {
  if (takenBack(safe) !== null && openTrial(safe) === null)
    rmSync(trialFile(safe, "configuration"), { force: true });
}

/** The text of the last good configuration; null when there is none. */
export function readLastGood(safe: string): string | null {
  try {
    return readFileSync(lastGoodFile(safe), "utf8");
  } catch {
    return null; // Without it the administrator's file is all there is, and its problems are told.
  }
}
