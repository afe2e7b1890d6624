import { type DerivedOutput, derivedOutputs } from "../config/derived.ts";
import type { Config } from "../config/schema.ts";
import type { PrivacyReport } from "../contract/privacy-report.ts";

type Derived = PrivacyReport["derived"][number];

const TOTAL = "the sum of published numbers, noise and all; no noise of its own, and no privacy loss";
const LEVEL = "free, busy, crowded or critical, by a published number, noise and all; no privacy loss";

/** Every text here, for who translates them. */
export const DERIVED_TEXTS: readonly string[] = [TOTAL, LEVEL];

/** Totals and crowd levels, with what they are computed from. */
export function derivedOf(config: Pick<Config, "sensors" | "privacy" | "totals" | "levels">): Derived[] {
  return derivedOutputs(config).map(derived);
}

function derived(output: DerivedOutput): Derived {
  const { id, kind, seconds } = output;
  if (output.kind === "level") return { id, kind, seconds, of: [output.of.id], how: LEVEL };
  return { id, kind, seconds, of: output.parts.map((part) => part.id), how: TOTAL };
}
