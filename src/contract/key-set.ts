import { z } from "zod";
import { octets32, thumbprintText } from "./sealed.ts";

/** The city's public keys, signed as a compact JWS by the pinned city root key (Ed25519). */

export const KEY_SET_SCHEMA = "telpost/city-keys/1";
/** `typ` of the JWS: the root key's signature over anything else is never taken for a key set. */
export const KEY_SET_TYPE = "telpost+keys";
export const MAX_KEY_SET_CHARACTERS = 64 * 1024;
/** A compact JWS (RFC 7515, section 7.1). */
export const KEY_SET_TEXT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Seconds since the Unix epoch, as in a JWT (RFC 7519, NumericDate). */
const numericDate = z.int().min(0).max(253_402_300_799);

/** A public X25519 key (RFC 8037) with its validity [nbf, exp). Closed: a private member `d` makes it refused. */
export const cityPublicKey = z
  .strictObject({
    kty: z.literal("OKP"),
    crv: z.literal("X25519"),
    x: octets32,
    /** RFC 7638 thumbprint; computed when absent, refused when it is another's. */
    kid: thumbprintText.exactOptional(),
    nbf: numericDate,
    exp: numericDate,
    /** Set on keys for profile lab, which seals to these only; other profiles never do. */
    telpost: z.literal("lab").exactOptional(),
  })
  .refine(({ nbf, exp }) => nbf < exp, { error: "exp is not after nbf" });

export const keySetPayload = z.strictObject({
  schema: z.literal(KEY_SET_SCHEMA),
  /** Must rise: an older set is never accepted again. */
  version: z.int().min(1),
  keys: z.array(cityPublicKey).max(32),
  /** Thumbprints of keys that must never be used again. */
  revoked: z.array(thumbprintText).max(256).exactOptional(),
});
export type CityPublicKey = z.output<typeof cityPublicKey>;
export type KeySetPayload = z.output<typeof keySetPayload>;
