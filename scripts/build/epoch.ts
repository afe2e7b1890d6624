import { execFileSync } from "node:child_process";

/**
 * The one time that a build knows, in seconds since 1970: SOURCE_DATE_EPOCH
 * (https://reproducible-builds.org/specs/source-date-epoch/), else the last commit's.
 */
export function sourceEpoch(root: string): number {
  const text =
    process.env.SOURCE_DATE_EPOCH ??
    execFileSync("git", ["-C", root, "log", "-1", "--format=%ct"], { encoding: "utf8" });
  if (!/^\d+\s*$/.test(text))
    throw new Error(`SOURCE_DATE_EPOCH is seconds since 1970, not "${text.trim()}"`);
  return Number(text);
}
