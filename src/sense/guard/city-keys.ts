import { createPublicKey } from "node:crypto";
import { calculateJwkThumbprint, compactVerify, errors, type JWK } from "jose";
import { TelpostError } from "../../base/errors.ts";
import { jsonOf } from "../../contract/json.ts";
import {
  type CityPublicKey,
  KEY_SET_TYPE,
  type KeySetPayload,
  keySetPayload,
  MAX_KEY_SET_CHARACTERS,
} from "../../contract/key-set.ts";
import { SIGNATURE_ALGORITHM } from "../../contract/sealed.ts";
import type { Recipient } from "./seal.ts";

/** A city key and when it may be used: from nbfMs (inclusive) to expMs (exclusive), ms since the Unix epoch. */
export interface CityKey extends Recipient {
  readonly nbfMs: number;
  readonly expMs: number;
  readonly lab: boolean;
}

/** City keys whose signature by the pinned root was verified. */
export interface KeySet {
  readonly version: number;
  /** As it was signed, without white space around it: what is handed on and compared. */
  readonly jws: string;
  readonly keys: readonly CityKey[];
  /** Thumbprints. */
  readonly revoked: readonly string[];
}

/** The key to seal to now; `expired` is an alarm. */
export interface UsableKey extends Recipient {
  readonly expired: boolean;
  /** End of its validity, ms since the Unix epoch. */
  readonly expMs: number;
}

/** An expired last key seals on for this long, with an alarm: losing windows would be worse. */
export const EXPIRED_GRACE_MS = 90 * 86_400_000;

/**
 * Opens a signed key set.
 * Throws key.signature when the root did not sign it, key.invalid when it is not a key set.
 * @param jws compact JWS @param rootPublicJwk the pinned city root key (Ed25519)
 */
export async function verifyKeySet(jws: string, rootPublicJwk: JWK): Promise<KeySet> {
  const text = jws.trim();
  if (text.length > MAX_KEY_SET_CHARACTERS) throw new TelpostError("key.invalid", "key set too large");
  const payload = parsePayload(await verified(text, rootPublicJwk));
  const keys = await Promise.all(payload.keys.map(importCityKey));
  return { version: payload.version, jws: text, keys, revoked: payload.revoked ?? [] };
}

/**
 * The set to use from now on: the present one when the candidate is the same, byte for byte.
 * Throws key.older when the candidate's version is lower, key.conflict when it is the same with other bytes.
 */
export function acceptNewer(current: KeySet, candidate: KeySet): KeySet {
  if (candidate.version > current.version) return candidate;
  if (candidate.jws === current.jws) return current;
  const code = candidate.version === current.version ? "key.conflict" : "key.older";
  throw new TelpostError(code, `version ${candidate.version}, in use is ${current.version}`);
}

/** What the choice of a key depends on. */
export interface KeyQuestion {
  /** Wall time, ms since the Unix epoch; believed only when `synced`. */
  readonly nowMs: number;
  readonly synced: boolean;
  readonly profile: "street" | "lab";
}

/**
 * The newest valid key, or null: then nothing may be sealed. Validity is judged only with a synced clock; without
 * one the newest key is taken. With no valid key, the last one that expired serves for 90 days more.
 * A revoked key never does. Profile lab gets lab keys only, others never.
 */
export function usableKey(set: KeySet, { nowMs, synced, profile }: KeyQuestion): UsableKey | null {
  const newest = allowedKeys(set, profile).toSorted((a, b) => b.nbfMs - a.nbfMs || b.expMs - a.expMs);
  if (!synced) return asUsable(newest[0], false);
  const begun = newest.filter(({ nbfMs }) => nbfMs <= nowMs);
  const valid = begun.find(({ expMs }) => nowMs < expMs);
  if (valid) return asUsable(valid, false);
  const last = begun.toSorted((a, b) => b.expMs - a.expMs)[0];
  return asUsable(last && nowMs < last.expMs + EXPIRED_GRACE_MS ? last : undefined, true);
}

/**
 * Until when this set has a valid key without a gap, ms since the Unix epoch: in the past while an expired one serves,
 * null while none is usable.
 */
export function coveredUntilMs(set: KeySet, question: KeyQuestion): number | null {
  const usable = usableKey(set, question);
  if (!usable) return null;
  const follow = (untilMs: number, { nbfMs, expMs }: CityKey) =>
    nbfMs <= untilMs ? Math.max(untilMs, expMs) : untilMs;
  const inOrder = allowedKeys(set, question.profile).toSorted((a, b) => a.nbfMs - b.nbfMs);
  return usable.expired ? usable.expMs : inOrder.reduce(follow, usable.expMs);
}

function allowedKeys({ keys, revoked }: KeySet, profile: KeyQuestion["profile"]): CityKey[] {
  return keys.filter(({ kid, lab }) => lab === (profile === "lab") && !revoked.includes(kid));
}

function asUsable(found: CityKey | undefined, expired: boolean): UsableKey | null {
  return found ? { key: found.key, kid: found.kid, expMs: found.expMs, expired } : null;
}

async function verified(jws: string, rootPublicJwk: JWK): Promise<Uint8Array> {
  const root = importPublic({ kty: "OKP", crv: "Ed25519", x: rootPublicJwk.x ?? "" }, "city root key");
  try {
    const { payload, protectedHeader } = await compactVerify(jws, root, {
      algorithms: [SIGNATURE_ALGORITHM],
    });
    if (protectedHeader.typ === KEY_SET_TYPE) return payload;
  } catch (cause) {
    if (cause instanceof errors.JWSSignatureVerificationFailed) throw new TelpostError("key.signature");
    throw new TelpostError("key.invalid", "not a signed key set", { cause });
  }
  throw new TelpostError("key.invalid", "not a signed key set");
}

function parsePayload(payload: Uint8Array): KeySetPayload {
  let json: unknown;
  try {
    json = jsonOf(payload);
  } catch (cause) {
    throw new TelpostError("key.invalid", "key set is not JSON", { cause });
  }
  const parsed = keySetPayload.safeParse(json);
  if (!parsed.success) throw new TelpostError("key.invalid", "key set does not fit its schema");
  return parsed.data;
}

async function importCityKey({ kty, crv, x, kid, nbf, exp, telpost }: CityPublicKey): Promise<CityKey> {
  const computed = await calculateJwkThumbprint({ kty, crv, x });
  if (kid !== undefined && kid !== computed)
    throw new TelpostError("key.invalid", "kid is not the thumbprint");
  const key = importPublic({ kty, crv, x }, "city key");
  return { kid: computed, key, nbfMs: nbf * 1000, expMs: exp * 1000, lab: telpost === "lab" };
}

function importPublic(jwk: JWK, what: string) {
  try {
    return createPublicKey({ key: { ...jwk }, format: "jwk" });
  } catch (cause) {
    throw new TelpostError("key.invalid", what, { cause });
  }
}
