import { spawnSync } from "node:child_process";
import { describe } from "vitest";

/** Debian's own Python: another one on PATH does not see the modules of Debian's packages. */
export const PYTHON = "/usr/bin/python3";

/** True when a program is on PATH, or when Debian's Python has the module: `python3/paho.mqtt`. */
export function hasProgram(name: string): boolean {
  const [program, module] = name.split("/");
  if (module) return spawnSync(PYTHON, ["-c", `import ${module}`]).status === 0;
  return spawnSync("sh", ["-c", `command -v "${program}"`]).status === 0;
}

/** What to install for it, as Debian names packages. */
function packageOf(name: string): string {
  return name.replace(/[/.]/g, "-");
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
  describe.skip(
    `${title} (needs ${missing.join(", ")}: apt-get install ${missing.map(packageOf).join(" ")})`,
    suite,
  );
}
