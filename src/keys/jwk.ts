import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import { TelpostError } from "../base/errors.ts";
import { octets32 } from "../contract/sealed.ts";

/** Keys as JSON Web Keys (RFC 7517, RFC 8037): Ed25519 signs, X25519 is sealed to. Errors never show what a file holds. */

export type Curve = "Ed25519" | "X25519";

export interface PublicJwk {
  readonly kty: "OKP";
  readonly crv: Curve;
  readonly x: string;
}

export interface PrivateJwk extends PublicJwk {
  readonly d: string;
}

/** A public key, ready to use. */
export interface PublicKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly publicJwk: PublicJwk;
  readonly publicKey: KeyObject;
}

/** A private key with its public half, ready to use. Fits `GatewayKey` of the guard. */
export interface KeyPair extends PublicKey {
  readonly privateKey: KeyObject;
}

const publicShape = { kty: z.literal("OKP"), crv: z.enum(["Ed25519", "X25519"]), x: octets32 };
// Other members, such as `use` or `alg`, are other programs' business.
const publicJwk = z.object({ ...publicShape, kid: octets32.optional(), d: z.undefined().optional() });
const privateJwk = z.object({ ...publicShape, kid: octets32.optional(), d: octets32 });

/** Thumbprint of a key (RFC 7638; members of OKP keys: RFC 8037, section 2): SHA-256, base64url. */
export function thumbprint({ crv, kty, x }: PublicJwk): string {
  return createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url");
}

/** Imports a public JWK. Throws key.invalid, also when it holds a private key: that must not lie about as a public one. */
export function importPublicKey(value: unknown, crv: Curve, where: string): PublicKey {
  const parsed = publicJwk.safeParse(value);
  if (!parsed.success || parsed.data.crv !== crv) throw notA(`public ${crv} key`, where);
  const jwk: PublicJwk = { kty: "OKP", crv, x: parsed.data.x };
  const kid = thumbprint(jwk);
  if ((parsed.data.kid ?? kid) !== kid) throw notA(`${crv} key with its own kid`, where);
  return {
    kid,
    publicJwk: jwk,
    publicKey: build(() => createPublicKey({ key: { ...jwk }, format: "jwk" }), where),
  };
}

/** Imports a private JWK. Throws key.invalid, also when its two halves do not belong together. */
export function importKeyPair(value: unknown, crv: Curve, where: string): KeyPair {
  const parsed = privateJwk.safeParse(value);
  if (!parsed.success) throw notA(`private ${crv} key`, where);
  const { kty, x, d, kid } = parsed.data;
  const half = importPublicKey({ kty, crv: parsed.data.crv, x, kid }, crv, where);
  const privateKey = build(() => createPrivateKey({ key: { kty, crv, x, d }, format: "jwk" }), where);
  // The import takes `d` and never looks at `x`, so a wrong `x` would give signatures that nobody can check.
  const computed = createPublicKey(privateKey).export({ format: "jwk" });
  if (computed.x !== x) throw notA(`${crv} key whose halves belong together`, where);
  return { ...half, privateKey };
}

function build(make: () => KeyObject, where: string): KeyObject {
  try {
    return make();
  } catch {
    // The cause may quote the key.
    throw notA("usable key", where);
  }
}

function notA(what: string, where: string): TelpostError {
  return new TelpostError("key.invalid", `${where} is not a ${what}`);
}
