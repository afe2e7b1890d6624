import { z } from "zod";
import { ERRORS } from "../base/error-table.ts";
import type { ErrorCode } from "../base/errors.ts";
import { personText, walked } from "../contract/walk-test.ts";
import { WALK_ENDS, WALK_VERDICTS } from "../model.ts";

/**
 * What the engineer's terminal and sense say to each other during a walk test, one JSON line each. Live counts cross
 * here and nowhere else: over a socket that only root and the group telpost-walk may open.
 */

const id = z.string().regex(/^[a-z0-9-]{1,32}$/);
const count = z.int().min(0);
const passages = z.strictObject({ in: count, out: count });
const code = z.custom<ErrorCode>((value) => typeof value === "string" && Object.hasOwn(ERRORS, value));

export const fromEngineer = z.discriminatedUnion("say", [
  z.strictObject({
    say: z.literal("begin"),
    sensor: id,
    /** Which counting line, where the sensor has several. */
    line: id.exactOptional(),
    operator: personText,
    reason: personText,
    /** Shows what goes over the line of the sensor as well. */
    bytes: z.literal(true).exactOptional(),
  }),
  /** The first passage, which went in, is done. */
  z.strictObject({ say: z.literal("first") }),
  z.strictObject({ say: z.literal("done"), walked: z.strictObject({ in: walked, out: walked }) }),
]);
export type FromEngineer = z.infer<typeof fromEngineer>;

export const toEngineer = z.discriminatedUnion("say", [
  z.strictObject({ say: z.literal("refused"), code, detail: z.string().max(400) }),
  /** `ready`: walk now; otherwise a later `ready` says when, once the device's counter was read. */
  z.strictObject({ say: z.literal("begun"), line: id, ready: z.boolean(), untilMs: count }),
  z.strictObject({ say: z.literal("ready") }),
  /** Passages of this line since the start. */
  z.strictObject({ say: z.literal("seen"), ...passages.shape }),
  /** What went over the line `from` or `to` the device; `hidden`: bytes since the last line of this kind that are not shown. */
  z.strictObject({
    say: z.literal("bytes"),
    sinceMs: count,
    way: z.enum(["from", "to"]),
    hex: z.string().regex(/^[0-9A-F]{2}( [0-9A-F]{2}){0,63}$/),
    /** What the framer found in it. */
    found: z.array(z.string().max(80)).max(4),
    hidden: count,
  }),
  /** A GPIO line changed. */
  z.strictObject({
    say: z.literal("edge"),
    sinceMs: count,
    name: z.string().max(32),
    level: z.literal([0, 1]),
  }),
  z.strictObject({
    say: z.literal("over"),
    how: z.enum(WALK_ENDS),
    verdict: z.array(z.enum(WALK_VERDICTS)).max(8),
    /** The signed commissioning record. */
    record: z.string(),
  }),
]);
export type ToEngineer = z.infer<typeof toEngineer>;
