import { type PlatformFiles, readPlatform } from "../../forward/platform/files.ts";
import { check, failed, good, type Judgement, notKnown, warning } from "../check.ts";

/** A Raspberry Pi slows down at 80 degrees, others at 85 and above; telpost status says the same. */
const HOT_CELSIUS = 80;

/** Voltage and heat of the board. */
export const board = check<PlatformFiles>("board", {
  remote: true,
  observe: ({ machine: { root } }) => readPlatform({ root, device: "" }),
  judge: judgeBoard,
});

export function judgeBoard({ underVoltage, throttled, celsius }: PlatformFiles): Judgement[] {
  const degrees = celsius === undefined ? "" : `${Math.round(celsius)} degrees.`;
  const found = [
    ...(underVoltage ? [failed("platform.under_voltage", "The firmware says so now.")] : []),
    ...(throttled ? [warning("platform.throttled", degrees)] : []),
    ...(celsius !== undefined && celsius >= HOT_CELSIUS ? [warning("platform.hot", degrees)] : []),
  ];
  if (found.length > 0) return found;
  if (underVoltage === undefined && celsius === undefined)
    return [notKnown("This machine tells neither its voltage nor its heat.")];
  const voltage = underVoltage === undefined ? "Voltage is not told here." : "Voltage is good.";
  return [good(`${voltage} ${celsius === undefined ? "Heat is not told here." : "It is not too hot."}`)];
}
