import type { ErrorCode } from "../base/errors.ts";
import type { SensorConfig } from "../config/schema.ts";
import type { Condition } from "./sensor/engine.ts";
import { passingFrames } from "./sensor/profile/beat.ts";

/** What is told about a sensor whose line is open but which does not work. */
const CONDITION_CODES: Readonly<Record<Condition, ErrorCode | undefined>> = {
  starting: undefined,
  working: undefined,
  silent: "device.silent",
  refused: "device.no_answer",
  blocked: "device.blocked",
  forbidden: "device.forbidden",
};

/**
 * The code of a condition. `rubbish`: bytes come, and no frame. Once told it stands until a frame comes or the port is closed.
 * @param before the code until now
 */
export function codeOf(
  condition: Condition,
  { rubbish, before }: { readonly rubbish: boolean; readonly before: ErrorCode | undefined },
): ErrorCode | undefined {
  const lacksFrames = condition === "silent" || condition === "starting";
  if (lacksFrames && before === "device.garbled") return before;
  if (condition === "silent" && rubbish) return "device.garbled";
  return CONDITION_CODES[condition];
}

/**
 * Listens whether a device that always sends brings bytes without a frame: it is set to another baud rate, or is another
 * device, and not dead. Where frames come only when asked or with people, bytes could be people's doing: nothing is told (P9).
 */
export class Rubbish {
  /** 0: not judged. */
  readonly #silentAfterMs: number;
  /** Bytes have come since then without a pause. */
  #sinceMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(sensor: SensorConfig) {
    const device = sensor.profile === "device" ? sensor.device : null;
    const always = device?.health.liveness === "frames" && passingFrames(device).size === 0;
    this.#silentAfterMs = always ? (device.health.silentAfterMs ?? 0) : 0;
  }

  /** Something came on its line of readings. */
  bytes(atMs: number): void {
    if (atMs - this.#lastMs > this.#silentAfterMs / 4) this.#sinceMs = atMs;
    this.#lastMs = atMs;
  }

  /** It works: what comes are frames. */
  frames(): void {
    this.#sinceMs = Number.POSITIVE_INFINITY;
    this.#lastMs = Number.NEGATIVE_INFINITY;
  }

  /** Half a frame before a cable was cut is none: it has lasted for half of what is silence, and goes on. */
  heard(atMs: number): boolean {
    const goesOn = atMs - this.#lastMs <= this.#silentAfterMs / 4;
    return this.#silentAfterMs > 0 && goesOn && this.#lastMs - this.#sinceMs >= this.#silentAfterMs / 2;
  }
}
