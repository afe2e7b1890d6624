import { z } from "zod";

/** `sealed/1`: a compact JWS (RFC 7515) over a compact JWE (RFC 7516). What both ends know of its headers. */

/** The longest sealed message there is, in characters (all ASCII). */
export const MAX_SEALED_CHARACTERS = 200 * 1024;

export const SIGNATURE_ALGORITHM = "EdDSA";
export const KEY_AGREEMENT = "ECDH-ES";
export const CONTENT_ENCRYPTION = "A256GCM";

/** RFC 7638 thumbprint, SHA-256, base64url. */
export const thumbprintText = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
/** 32 bytes, base64url. */
export const octets32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** Closed: `crit`, `b64`, `jwk`, `x5u` and anything else make the message refused. */
export const jwsHeader = z.strictObject({
  alg: z.literal(SIGNATURE_ALGORITHM),
  typ: z.literal("telpost+jws"),
  cty: z.literal("JWE"),
  /** Thumbprint of the gateway key. */
  kid: thumbprintText,
});

/** Closed: `zip`, `apu`, `apv`, `crit` and anything else make the message refused. */
export const jweHeader = z.strictObject({
  alg: z.literal(KEY_AGREEMENT),
  enc: z.literal(CONTENT_ENCRYPTION),
  /** Thumbprint of the city key. */
  kid: thumbprintText,
  typ: z.literal("telpost+jwe"),
  /** `tenant/site/gateway` */
  gw: z.string().regex(/^[a-z0-9-]{1,32}(\/[a-z0-9-]{1,32}){2}$/),
  /** Thumbprint of the gateway key that signs: binds the ciphertext to its signer. */
  sgn: thumbprintText,
  epoch: z.string().regex(/^[0-9a-z]{16}$/),
  seq: z.int().min(0),
  end: z.iso.datetime({ precision: 0 }),
  /** Ephemeral key of the agreement (RFC 8037, section 3.2), put there by the library. */
  epk: z.strictObject({ kty: z.literal("OKP"), crv: z.literal("X25519"), x: octets32 }),
});
