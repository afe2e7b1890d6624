import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { CONTRACT } from "./contract.ts";
import { PYTHON } from "./programs.ts";

/** The reader that was written from contract/. */
export const PYTHON_READER = join(CONTRACT, "readers/python/telpost_reader.py");

/** Runs it over a folder of vectors. */
export function pythonCheck(folder: string) {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
  const { status, stdout, stderr } = spawnSync(PYTHON, [PYTHON_READER, "check", folder], {
    env,
    encoding: "utf8",
  });
  const lines = stdout.trim().split("\n");
  return { status, stderr, wrong: lines.map((line) => JSON.parse(line)) };
}
