import { z } from "zod";
import { type ErrorCode, isErrorCode } from "../base/errors.ts";

/**
 * The words of the allow list. A part is a shape of these: a key that is not named is dropped, and a value that is not of
 * its kind becomes null. No free text fits any of them, and neither does a payload, a key, a position or a track's id.
 */

/** The value where it is of this kind, else null: of two releases one may know more. */
export const kept = <T extends z.ZodType>(shape: T) => shape.nullable().catch(null);

/** A whole number of messages, windows, seconds, bytes: never of people. */
export const whole = kept(z.int());
export const flag = kept(z.boolean());
/** ms since the Unix epoch, as RFC 3339, UTC; `record` gives it a name without its unit. */
export const instant = kept(z.number().transform((ms) => new Date(ms).toISOString()));
export const code = kept(z.custom<ErrorCode>(isErrorCode));
/** What a person may call a sensor, a line, a contact, a site: see config/schema-parts.ts. */
export const id = kept(z.string().regex(/^[a-z0-9-]{1,32}$/));
export const epoch = kept(z.string().regex(/^[0-9a-z]{16}$/));
/** The first 16 digits of a configuration's SHA-256. */
export const hash = kept(z.string().regex(/^[0-9a-f]{16}$/));
export const version = kept(z.string().regex(/^v?\d[\w.+~-]{0,40}$/));
/** A file of the machine. */
export const path = kept(z.string().regex(/^[\w@%+=:,./-]{1,200}$/));
/** The name of a machine, a chip or a product. */
export const title = kept(z.string().regex(/^[\w (),./+:[\]-]{1,80}$/));
export const rational = kept(z.string().regex(/^\d{1,6}(\/\d{1,6})?$/));
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  kept(z.enum(words));

/** An object of these keys and no others; an instant loses the unit of its name: `endMs` becomes `end`. */
export function record(shape: z.ZodRawShape) {
  const nameOf = (key: string) => (shape[key] === instant ? key.replace(/Ms$/, "") : key);
  return z
    .object(shape)
    .transform((one) => Object.fromEntries(Object.entries(one).map(([key, value]) => [nameOf(key), value])));
}

/** The newest of a list, at most so many; what is not of its shape is left out. */
export function listOf<T extends z.ZodType>(shape: T, most: number) {
  const fitting = (one: unknown) => {
    const found = shape.safeParse(one);
    return found.success ? [found.data] : [];
  };
  return z
    .array(z.unknown())
    .catch([])
    .transform((list) => list.flatMap(fitting).slice(-most));
}
