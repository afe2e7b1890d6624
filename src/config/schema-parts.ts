import { z } from "zod";

/** Small values that sensors of every kind use. */

export const level = z.string().regex(/^[a-z0-9-]{1,32}$/, { error: "use 1 to 32 of a-z, 0-9 and -" });
export const path = z.string().min(1).max(4096);

/** Where a sensor hangs, in words for people: shown in the privacy report. */
export const location = z.string().min(1).max(200).optional();

/** One input line of a GPIO chip: its number, or the name the kernel gives it. */
export const gpioInput = z.union([z.int().min(0).max(1023), z.string().min(1).max(32)]);
/** What all GPIO lines of a sensor have in common. */
export const gpioCommon = {
  chip: z.string().min(1).max(64),
  /** Through what the kernel is asked (docs/decisions/0012): onoff stands for sysfs, which loses edges. */
  driver: z.enum(["character-device", "onoff"]).default("character-device"),
  bias: z.enum(["pull-up", "pull-down", "disabled", "as-is"]).default("as-is"),
  activeLow: z.boolean().default(false),
  debounceMs: z.int().min(0).max(1000).default(10),
};

const metres = z.number().min(-1000).max(1000);
const point = z.tuple([metres, metres]);

/** Lines of a sensor that knows who is who. */
const HYSTERESIS_METRES = 0.1;
/** Positions of a device that gives no identity jump when two people change places (docs/decisions/0009). */
export const HYSTERESIS_WITHOUT_IDENTITY_METRES = 0.3;

/** A line over which people are counted. */
export function countingLineOf(hysteresisMetres: number) {
  return z.strictObject({
    id: level,
    from: point,
    to: point,
    /** The side that counts as in: the one reached, looking from `from` to `to`. */
    in: z.enum(["left", "right"]),
    hysteresisMetres: z.number().min(0).max(5).default(hysteresisMetres),
  });
}
export const countingLine = countingLineOf(HYSTERESIS_METRES);

/** A part of the view in which people are counted: its corners in order, either way round. */
export const zone = z.strictObject({ id: level, corners: z.array(point).min(3).max(32) });

export const countingLines = z.array(countingLine).max(16).default([]);
export const zones = z.array(zone).max(16).default([]);
