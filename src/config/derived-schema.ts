import { z } from "zod";
import { level as id } from "./schema-parts.ts";

/** The sections of the configuration file for what is computed from published records; see derived.ts. */
export const totals = z
  .array(
    z.strictObject({
      id,
      kind: z.enum(["flow", "occupancy"]),
      of: z.array(id).min(2).max(16),
      /** Those of them whose in is the total's out. */
      mirrored: z.array(id).max(16).default([]),
    }),
  )
  .max(64)
  .default([]);

const people = z.int().min(0).max(1_000_000);
const threshold = z.strictObject({ from: people, below: people });
const windowsInARow = z.int().min(1).max(60).default(1);

export const levels = z
  .array(
    z.strictObject({
      id,
      of: id,
      number: z.enum(["in", "out", "both", "present"]),
      busy: threshold,
      crowded: threshold,
      critical: threshold,
      riseWindows: windowsInARow,
      fallWindows: windowsInARow,
    }),
  )
  .max(64)
  .default([]);

export type TotalConfig = z.output<typeof totals>[number];
export type LevelConfig = z.output<typeof levels>[number];
