import { spawnSync } from "node:child_process";
import { describe } from "vitest";

/** True when a program is on PATH. */
export function hasProgram(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v "${name}"`]).status === 0;
}

/**
 * A suite that needs programs of the system. Without them its tests show as skipped, with the program's name in the
 * title; with CI set a missing program fails instead, so that nothing is skipped unseen.
 */
export function describeWith(programs: readonly string[], title: string, suite: () => void): void {
  const missing = programs.filter((name) => !hasProgram(name));
  if (missing.length === 0) {
    describe(title, suite);
    return;
  }
  if (process.env.CI) throw new Error(`"${title}" needs ${missing.join(", ")}, which .ci/run must install`);
  describe.skip(`${title} (needs ${missing.join(", ")}: apt-get install ${missing.join(" ")})`, suite);
}
