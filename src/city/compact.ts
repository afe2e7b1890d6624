import type { z } from "zod";
import { jsonOf } from "../contract/json.ts";

/** The compact serializations of JOSE (RFC 7515, RFC 7516), as strictly as the contract reads them. */

/**
 * The protected header of a text of so many parts, or null. Every part must be spelled as it would be written, so that
 * nobody can respell a message.
 */
export function compactHeader<T extends z.ZodType>(
  text: string,
  parts: number,
  schema: T,
): z.output<T> | null {
  const segments = text.split(".", parts + 1);
  if (segments.length !== parts || !segments.every(isCanonical)) return null;
  const parsed = schema.safeParse(parseJson(Buffer.from(segments[0] ?? "", "base64url")));
  return parsed.success ? parsed.data : null;
}

function isCanonical(segment: string): boolean {
  return Buffer.from(segment, "base64url").toString("base64url") === segment;
}

/** The value, or undefined when it is not JSON in UTF-8: no schema accepts that. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return jsonOf(bytes);
  } catch {
    return undefined;
  }
}
