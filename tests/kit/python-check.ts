import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
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

export interface Vectors {
  readonly gateways: readonly object[];
  readonly cityKeys: readonly object[];
  /** Sealed messages. */
  readonly vectors?: readonly object[];
  /** Events with signed records of walk tests. */
  readonly walkRecords?: readonly object[];
}

/** Runs it over messages that need no memory. */
export function pythonOpens({
  gateways,
  cityKeys,
  vectors = [],
  walkRecords = [],
}: Vectors): ReturnType<typeof pythonCheck> {
  const folder = mkdtempSync(join(tmpdir(), "telpost-python-"));
  const files = {
    "keys.json": { gateways, cityKeys },
    "sealed.json": { groups: [{ vectors }] },
    "sequences.json": { sequences: [] },
    "gaps.json": { sequences: [] },
    "key-sets.json": { vectors: [] },
    "walk-records.json": { vectors: walkRecords },
  };
  for (const [name, value] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(value));
  const checked = pythonCheck(folder);
  rmSync(folder, { recursive: true });
  return checked;
}
