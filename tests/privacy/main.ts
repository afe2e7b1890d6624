import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Evidence } from "./evidence.ts";
import { evidencePage, missingRules } from "./page.ts";

/**
 * `npm run test:privacy`: the privacy tests at their full size, and docs/privacy-evidence.md from what they measured. The
 * page is written only when every test held and every rule has evidence.
 */

const ROOT = join(import.meta.dirname, "../..");
const PAGE = join(ROOT, "docs/privacy-evidence.md");

/** Runs vitest; tells whether everything held. */
async function runTests(folder: string, args: readonly string[]): Promise<boolean> {
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const child = spawn(process.execPath, [vitest, "run", "tests/privacy", ...args], {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, TELPOST_PRIVACY: "full", TELPOST_EVIDENCE: folder },
  });
  const [code] = await once(child, "exit");
  return code === 0;
}

function readEvidence(folder: string): Evidence[] {
  const file = join(folder, "evidence.ndjson");
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Evidence);
}

const folder = mkdtempSync(join(tmpdir(), "telpost-evidence-"));
try {
  const held = await runTests(folder, process.argv.slice(2));
  const found = readEvidence(folder);
  const missing = missingRules(found);
  if (held && missing.length === 0) {
    writeFileSync(PAGE, evidencePage(found));
    console.log(`written: ${PAGE}`);
  } else {
    const why = held ? `no evidence for ${missing.join(", ")}` : "not every test held";
    console.error(`docs/privacy-evidence.md stays as it is: ${why}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
