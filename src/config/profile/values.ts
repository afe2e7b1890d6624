import { z } from "zod";
import { wordsFor } from "../problems.ts";

/** Small values that every part of a profile uses. */

/** What a field, a list, a frame, a poll or a setting is called. */
export const name = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]{0,31}$/, {
    error: "use a small letter and up to 31 letters and digits, such as inTotal",
  })
  // What every object inherits would otherwise be found under its name.
  .refine((text) => !(text in Object.prototype), { error: "choose another name; this one is taken" });

/** Words for people. */
export const words = z.string().min(1).max(2000);

/** Text as the device sends or wants it; `\r` and `\n` as YAML writes them between double quotes. */
export const wireText = z.string().min(1).max(512);

const HEX_ADVICE =
  'write pairs of hex digits in quotes, such as "AAFF 03 00" (without quotes YAML makes numbers of them)';

/** Bytes as hex text; spaces are free. Always in quotes: YAML reads 0400 and 1E7 as numbers. */
export function hexBytes(most: number) {
  return z
    .string({ error: HEX_ADVICE })
    .regex(/^\s*([0-9A-Fa-f]{2}\s*)+$/, { error: HEX_ADVICE })
    .transform((text) => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex")))
    .refine((bytes) => bytes.length <= most, { error: `at most ${most} bytes` });
}

/** Deeper than anything a sensor says about people. */
export const MAX_POINTER_STEPS = 8;

/**
 * A JSON pointer (RFC 6901) without escapes: `/data/boxes` or `/list/0`. No wildcards, no relative forms, no pointer to
 * the whole document, at most MAX_POINTER_STEPS steps.
 */
export const pointer = z.string().regex(/^(\/[A-Za-z0-9_-]{1,64}){1,8}$/, {
  error: `write a pointer such as /data/boxes or /list/0, of at most ${MAX_POINTER_STEPS} steps`,
});

/** A map whose keys have a form of their own; a key without it is shown where it stands. */
export function keyed<Value extends z.ZodType>(key: z.ZodString, value: Value) {
  return z.record(z.string(), value).superRefine((map, context) => {
    for (const one of Object.keys(map)) {
      const [issue] = key.safeParse(one).error?.issues ?? [];
      if (issue) context.addIssue({ code: "custom", path: [one], message: issue.message });
    }
  });
}

/** What a field of a message may be compared with. */
export const plainValue = z.union([z.number(), z.string().max(64), z.boolean()], {
  error: "expected a number, a text or true or false",
});

/** One of several forms, told apart by the one key that only it has. */
export type FormsOf<Forms extends Record<string, z.ZodType>> = z.output<Forms[keyof Forms]>;

/**
 * A choice between strict objects by the key that names them: `{ hex: ... }` or `{ text: ... }`. Unlike a plain union it
 * says exactly what is wrong with the form that was meant.
 */
export function oneForm<Forms extends Record<string, z.ZodType>>(forms: Forms) {
  const names = Object.keys(forms);
  return z.unknown().transform((value, context): FormsOf<Forms> => {
    const given = isObject(value) ? names.filter((one) => Object.hasOwn(value, one)) : [];
    const [form] = given;
    const schema = form === undefined ? undefined : forms[form];
    if (!schema || given.length > 1) {
      const message = `expected exactly one of ${names.join(", ")}`;
      context.addIssue({ code: "custom", message: value === undefined ? `missing; ${message}` : message });
      return z.NEVER;
    }
    const result = schema.safeParse(value, { error: wordsFor });
    if (result.success) return result.data as FormsOf<Forms>;
    for (const issue of result.error.issues) context.issues.push(issue as z.core.$ZodRawIssue);
    return z.NEVER;
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value of the profile, or the name of the setting that holds it. */
export function orSetting<T extends z.ZodType>(value: T) {
  return z.union([value, settingName], { error: "expected a value in its range, or { setting: name }" });
}

/** Stands for what telpost.yaml sets. */
export const settingName = z.strictObject({ setting: name });

/** The value at a pointer, own keys and list places only; undefined where there is none. Never throws. */
export function valueAt(json: unknown, at: string): unknown {
  let value = json;
  for (const step of at.split("/").slice(1)) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
