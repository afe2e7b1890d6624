import { z } from "zod";
import { WALK_ENDS, WALK_VERDICTS } from "../model.ts";

/**
 * The commissioning record of a walk test: what an engineer at the gateway walked, and whether the sensor counted it.
 * Signed by the gateway as a compact JWS (EdDSA); it travels in the event `commissioning`. It holds no number that was
 * counted: somebody else may have walked through meanwhile (docs/decisions/0018).
 */

export const WALK_RECORD_SCHEMA = "telpost/walk-test/1";
/** `typ` of the JWS: the gateway key's signature over anything else is never taken for a record. */
export const WALK_RECORD_TYPE = "telpost+walk-test";
/** The longest signed record, in characters (all ASCII). */
export const MAX_WALK_RECORD_CHARACTERS = 4096;
/** A compact JWS. */
export const WALK_RECORD_TEXT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

const level = z.string().regex(/^[a-z0-9-]{1,32}$/);
const word = z.string().regex(/^[a-z0-9_-]{1,64}$/);
/** What a person types about who and why: one line. */
export const personText = z.string().regex(/^[!-~\u00a0-\uffff][ -~\u00a0-\uffff]{0,79}$/u);
/**
 * Whether what goes over the sensor's line was shown to the engineer too. It is what was asked for, before anything came:
 * what really came may follow passages (P7). Absent: software of before contract 1.1 made it, and does not tell.
 */
export const bytesShown = z.boolean().exactOptional();
/** How often somebody walked. */
export const walked = z.int().min(0).max(99);

/** Makes an object schema: closed for the writer, tolerant of unknown keys for the reader. */
type MakeObject<C extends z.core.$ZodObjectConfig> = <T extends z.core.$ZodLooseShape>(
  shape: T,
) => z.ZodObject<z.core.util.Writeable<T>, C>;

type Text = z.ZodType<string>;

function recordSchema<C extends z.core.$ZodObjectConfig, H extends Text, V extends Text>(
  object: MakeObject<C>,
  { how, verdict }: { readonly how: H; readonly verdict: V },
) {
  return object({
    schema: z.literal(WALK_RECORD_SCHEMA),
    tenant: level,
    site: level,
    gateway: level,
    software: z.string().max(64),
    configHash: z.string().max(64),
    sensor: level,
    line: level,
    profile: level,
    operator: personText,
    reason: personText,
    bytes: bytesShown,
    began: z.iso.datetime(),
    ended: z.iso.datetime(),
    how,
    walked: object({ in: walked, out: walked }).nullable(),
    verdict: z.array(verdict).max(8),
  });
}

/** Closed: what the gateway may sign. */
export const walkRecord = recordSchema(z.strictObject, {
  how: z.enum(WALK_ENDS),
  verdict: z.enum(WALK_VERDICTS),
});
export type WalkRecord = z.output<typeof walkRecord>;

/** Tolerant: accepts words and fields it does not know. For readers. */
export const walkRecordForReaders = recordSchema(z.object, { how: word, verdict: word });
export type ReadWalkRecord = z.output<typeof walkRecordForReaders>;

/** Header of the JWS around a record. */
export const walkRecordHeader = z.strictObject({
  alg: z.literal("EdDSA"),
  typ: z.literal(WALK_RECORD_TYPE),
  kid: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});
