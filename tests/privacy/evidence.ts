import { appendFileSync } from "node:fs";
import { join } from "node:path";

/** `npm run test:privacy` sets it: everything at its full size. Without it the bounded form runs within `npm test`. */
export const FULL = process.env.TELPOST_PRIVACY === "full";

/** One line of docs/privacy-evidence.md. */
export interface Evidence {
  /** `P3` and the like. */
  readonly rule: string;
  /** What was done, how often, and what was found, in one sentence. */
  readonly text: string;
}

/** Keeps what a test measured for the page. Nothing is kept in the bounded form. */
export function evidence(rule: string, text: string): void {
  const folder = process.env.TELPOST_EVIDENCE;
  if (folder === undefined) return;
  appendFileSync(join(folder, "evidence.ndjson"), `${JSON.stringify({ rule, text } satisfies Evidence)}\n`);
}

/** A p-value as the page shows it: two digits, the very small ones as a bound. */
export function pText(p: number): string {
  return p < 1e-12 ? "below 1e-12" : p.toPrecision(2);
}
