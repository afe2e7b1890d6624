import type { ErrorCode } from "../base/errors.ts";
import type { SensorConfig } from "../config/schema.ts";
import type { Condition } from "./sensor/engine.ts";

/** What is told about a sensor whose line is open but which does not work. */
const CONDITION_CODES: Readonly<Record<Condition, ErrorCode | undefined>> = {
  starting: undefined,
  working: undefined,
  silent: "device.silent",
  refused: "device.no_answer",
  blocked: "device.blocked",
  forbidden: "device.forbidden",
};

export interface Heard {
  readonly sensor: SensorConfig;
  /** Now, and when anything came last, frame or not: monotonic ms. */
  readonly atMs: number;
  readonly lastBytesMs: number;
  /** The code until now. */
  readonly before: ErrorCode | undefined;
}

/**
 * The code of a condition. A device that always sends, and brings bytes but no frame, is set to another baud rate or is
 * another device: that is told apart from one that is dead, and stands until a frame comes or the bytes end too.
 */
export function codeOf(condition: Condition, heard: Heard): ErrorCode | undefined {
  if (condition === "silent" && bringsRubbish(heard)) return "device.garbled";
  if (condition === "starting" && heard.before === "device.garbled") return heard.before;
  return CONDITION_CODES[condition];
}

/** Where frames come only when asked, or with people, bytes could be people's doing: nothing is told of them (P9). */
function bringsRubbish({ sensor, atMs, lastBytesMs }: Heard): boolean {
  if (sensor.profile !== "device" || sensor.device.health.liveness !== "frames") return false;
  // What came just before a cable was cut is half a frame, and lies longer back.
  return atMs - lastBytesMs < (sensor.device.health.silentAfterMs ?? 0) / 2;
}
