import { TelpostError } from "../base/errors.ts";
import type { LogLevel } from "../ops/log.ts";
import { type Arguments, textFlag, type VerbOption } from "./verb.ts";

const LEVELS = ["trace", "debug", "info", "warn", "error"] as const satisfies readonly LogLevel[];

export const LEVEL_OPTION = {
  "log-level": { type: "string", value: "LEVEL", help: `one of ${LEVELS.join(", ")} (default info)` },
} as const satisfies Record<string, VerbOption>;

/** @throws TelpostError usage.bad_arguments */
export function levelOf(args: Arguments): LogLevel {
  const text = textFlag(args, "log-level") ?? "info";
  const level = LEVELS.find((one) => one === text);
  if (!level) throw new TelpostError("usage.bad_arguments", `--log-level ${text}`);
  return level;
}
