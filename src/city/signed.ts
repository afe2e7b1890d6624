import { compactVerify, errors } from "jose";
import type { z } from "zod";
import { SIGNATURE_ALGORITHM } from "../contract/sealed.ts";
import { compactHeader, parseJson } from "./compact.ts";
import type { Registry } from "./keys.ts";

/** Who may have signed, and what. */
export interface Signed<P extends z.ZodType> {
  /** `tenant/site/gateway` */
  readonly gateway: string;
  readonly registry: Pick<Registry, "gateways" | "revoked">;
  /** Its `typ` tells what is signed: the same key signs sealed messages, reports and records. */
  readonly header: z.ZodType<{ readonly kid: string }>;
  readonly payload: P;
}

/**
 * Opens what a gateway signed in the clear, as a compact JWS: null unless a registered key of this gateway signed it and
 * header and payload are what they should be. Never throws on input.
 */
export async function openSigned<P extends z.ZodType>(
  jws: string,
  { gateway, registry, header, payload }: Signed<P>,
): Promise<z.output<P> | null> {
  const kid = compactHeader(jws, 3, header)?.kid;
  if (kid === undefined || registry.revoked.has(kid)) return null;
  const key = registry.gateways.get(gateway)?.get(kid);
  if (!key) return null;
  try {
    const verified = await compactVerify(jws, key, { algorithms: [SIGNATURE_ALGORITHM] });
    const parsed = payload.safeParse(parseJson(verified.payload));
    return parsed.success ? parsed.data : null;
  } catch (failure) {
    if (failure instanceof errors.JOSEError) return null;
    throw failure;
  }
}
