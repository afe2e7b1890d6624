import { z } from "zod";

/** Small values that sensors of every kind use. */

export const level = z.string().regex(/^[a-z0-9-]{1,32}$/, { error: "use 1 to 32 of a-z, 0-9 and -" });
export const path = z.string().min(1).max(4096);

const metres = z.number().min(-1000).max(1000);
const point = z.tuple([metres, metres]);
/** A line over which people are counted. */
export const countingLine = z.strictObject({
  id: level,
  from: point,
  to: point,
  /** The side that counts as in: the one reached, looking from `from` to `to`. */
  in: z.enum(["left", "right"]),
  hysteresisMetres: z.number().min(0).max(5).default(0.1),
});
