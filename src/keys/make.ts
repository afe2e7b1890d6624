import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { CompactSign } from "jose";
import { assert } from "../base/assert.ts";
import { TelpostError } from "../base/errors.ts";
import {
  type CityPublicKey,
  KEY_SET_SCHEMA,
  KEY_SET_TYPE,
  type KeySetPayload,
  keySetPayload,
} from "../contract/key-set.ts";
import { SIGNATURE_ALGORITHM } from "../contract/sealed.ts";
import { importKeyPair, type KeyPair, type PrivateJwk, type PublicKey } from "./jwk.ts";

/** Making keys, with the operating system's generator. */

/** A key just made, with the JWK to write to a file. */
export interface MadeKey extends KeyPair {
  readonly privateJwk: PrivateJwk;
}

/** A gateway key (Ed25519): signs what this gateway seals. */
export function makeGatewayKey(): MadeKey {
  return made(generateKeyPairSync("ed25519").privateKey, "Ed25519");
}

/** A city root key (Ed25519): pinned by gateways, signs key sets, and stays offline. */
export function makeCityRoot(): MadeKey {
  return made(generateKeyPairSync("ed25519").privateKey, "Ed25519");
}

/** A release key (Ed25519): signs packages; gateways hold its public half. */
export function makeReleaseKey(): MadeKey {
  return made(generateKeyPairSync("ed25519").privateKey, "Ed25519");
}

/** A city key (X25519): gateways seal to it. */
export function makeCityKey(): MadeKey {
  return made(generateKeyPairSync("x25519").privateKey, "X25519");
}

export interface Validity {
  /** Valid from here, ms since the Unix epoch; kept to the second, rounded down. */
  readonly fromMs: number;
  /** Valid until just before here, ms since the Unix epoch; kept to the second, rounded down. */
  readonly untilMs: number;
  readonly lab?: boolean;
}

/** A city key as it stands in a key set. */
export function keySetEntry(
  { kid, publicJwk }: PublicKey,
  { fromMs, untilMs, lab }: Validity,
): CityPublicKey {
  return {
    kty: "OKP",
    crv: "X25519",
    x: publicJwk.x,
    kid,
    nbf: Math.floor(fromMs / 1000),
    exp: Math.floor(untilMs / 1000),
    ...(lab ? { telpost: "lab" } : {}),
  };
}

/** Signs a key set with the city root key. Throws key.invalid when it does not fit its schema. */
export async function signKeySet(set: Omit<KeySetPayload, "schema">, root: KeyPair): Promise<string> {
  const payload = keySetPayload.safeParse({ schema: KEY_SET_SCHEMA, ...set });
  if (!payload.success) throw new TelpostError("key.invalid", "key set does not fit its schema");
  return new CompactSign(Buffer.from(JSON.stringify(payload.data), "utf8"))
    .setProtectedHeader({ alg: SIGNATURE_ALGORITHM, typ: KEY_SET_TYPE, kid: root.kid })
    .sign(root.privateKey);
}

function made(privateKey: KeyObject, crv: "Ed25519" | "X25519"): MadeKey {
  const { x, d } = privateKey.export({ format: "jwk" });
  assert(x && d, "a key just made has both halves");
  const privateJwk: PrivateJwk = { kty: "OKP", crv, x, d };
  return { ...importKeyPair(privateJwk, crv, "new key"), privateJwk };
}
