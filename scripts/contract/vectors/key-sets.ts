import { keySetEntry, makeCityKey, makeCityRoot } from "../../../src/keys/make.ts";
import type { Json } from "../schemas.ts";
import { base64url, flipped, KEYS, signed, withPart } from "./forge.ts";

/** A signed key set, and what a gateway makes of it. */
export interface KeySetVector {
  readonly name: string;
  readonly jws: string;
  /** Version of the set that the gateway has, null when it has none. */
  readonly current: number | null;
  /** Null: it takes it. Else the error code of the gateway. */
  readonly refusal: string | null;
}

const root = makeCityRoot();
const stranger = makeCityRoot();

/** The root key that the vectors' gateways have pinned. */
export const ROOT = root.publicJwk;

const FROM_MS = Date.UTC(2026, 0, 1);
const entry = keySetEntry(KEYS.city, { fromMs: FROM_MS, untilMs: Date.UTC(2027, 0, 1) });
const set = { schema: "telpost/city-keys/1", version: 4, keys: [entry] };

/** Key sets as a city publishes them on `keys`, right and wrong. */
export function keySetVectors(): KeySetVector[] {
  const by = (signer: typeof root, payload: Json, jws: Json = {}) =>
    signed(JSON.stringify(payload), { signer, jws: { typ: "telpost+keys", cty: undefined, ...jws } });
  const vector = (
    refusal: string | null,
    name: string,
    jws: string,
    current: number | null = 3,
  ): KeySetVector => ({
    ...{ name, jws, current, refusal },
  });
  const good = by(root, set);
  const unsigned = `${base64url(JSON.stringify({ alg: "none", typ: "telpost+keys", kid: root.kid }))}.${good.split(".")[1]}.`;
  const lab = keySetEntry(makeCityKey(), { fromMs: FROM_MS, untilMs: Date.UTC(2027, 0, 1), lab: true });
  return [
    vector(null, "a newer set", good),
    vector(null, "the first set", good, null),
    vector(
      null,
      "a set with a key for laboratories, and one revoked",
      by(root, { ...set, keys: [entry, lab], revoked: [KEYS.cityOld.kid] }),
    ),
    vector(null, "an empty set: from now on nothing may be sealed", by(root, { ...set, keys: [] })),
    vector("key.conflict", "another set of the version it has", good, 4),
    vector("key.older", "an older set, replayed", good, 5),
    vector("key.signature", "signed by a stranger", by(stranger, set)),
    vector(
      "key.signature",
      "a bit of the payload flipped",
      withPart(good, 1, (part) => flipped(part, 40, 0)),
    ),
    vector(
      "key.signature",
      "a bit of the signature flipped",
      withPart(good, 2, (part) => flipped(part, 0, 0)),
    ),
    vector("key.invalid", "not signed: alg none", unsigned),
    vector(
      "key.invalid",
      "another typ: the root's signature around something else",
      by(root, set, { typ: "JWT" }),
    ),
    vector(
      "key.invalid",
      "a key under a kid that is not its thumbprint",
      by(root, { ...set, keys: [{ ...entry, kid: KEYS.cityOld.kid }] }),
    ),
    vector(
      "key.invalid",
      "a private key",
      by(root, { ...set, keys: [{ ...entry, d: KEYS.city.privateJwk.d }] }),
    ),
    vector("key.invalid", "another schema", by(root, { ...set, schema: "telpost/city-keys/2" })),
    vector("key.invalid", "a field that nobody knows", by(root, { ...set, comment: "x" })),
    vector(
      "key.invalid",
      "valid until before it is valid",
      by(root, { ...set, keys: [{ ...entry, exp: entry.nbf }] }),
    ),
  ];
}
