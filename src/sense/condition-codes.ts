import type { ErrorCode } from "../base/errors.ts";
import type { Condition } from "./sensor/engine.ts";

/** What is told about a sensor whose line is open but which does not work. */
export const CONDITION_CODES: Readonly<Record<Condition, ErrorCode | undefined>> = {
  starting: undefined,
  working: undefined,
  silent: "device.silent",
  refused: "device.no_answer",
  blocked: "device.blocked",
  forbidden: "device.forbidden",
};
