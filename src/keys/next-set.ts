import { TelpostError } from "../base/errors.ts";
import { type CityPublicKey, type KeySetPayload, keySetPayload } from "../contract/key-set.ts";

/** The next key set of a city, made from the one before: pure, so that nothing is forgotten by hand. */

/** Gateways seal to an expired last key for this long (seconds), so it stays in the set until then. */
const GRACE_SECONDS = 90 * 86_400;
const MOST_REVOKED = 256;

type KeySetContent = Omit<KeySetPayload, "schema">;

export interface KeySetChange {
  /** A key to seal to from now on. */
  readonly add?: CityPublicKey;
  /** Thumbprint of a key that must never be used again. */
  readonly revoke?: string;
  /** Default: seconds since 1970, or one more than before. */
  readonly version?: number;
}

/** What stands in a signed set; the caller has verified its signature. Throws key.invalid. */
export function contentOf(jws: string): KeySetContent {
  try {
    const text = Buffer.from(jws.trim().split(".")[1] ?? "", "base64url").toString("utf8");
    const { schema: _, ...content } = keySetPayload.parse(JSON.parse(text));
    return content;
  } catch (cause) {
    throw new TelpostError("key.invalid", "not a signed key set", { cause });
  }
}

/**
 * Keys that nobody can use any more are left out, revoked ones stay revoked, the newest of them first to stay.
 * Throws key.older when the version asked for does not rise.
 */
export function nextSet(
  before: KeySetContent | null,
  { add, revoke, version }: KeySetChange,
  nowMs: number,
): KeySetContent {
  const nowSeconds = Math.floor(nowMs / 1000);
  const least = (before?.version ?? 0) + 1;
  if (version !== undefined && version < least)
    throw new TelpostError("key.older", `version ${version}; the set has ${least - 1}`);
  const revoked = [...new Set([...(before?.revoked ?? []), ...(revoke ? [revoke] : [])])];
  const kept = (before?.keys ?? []).filter(
    ({ kid, exp }) => exp + GRACE_SECONDS > nowSeconds && !revoked.includes(kid ?? "") && kid !== add?.kid,
  );
  return {
    version: version ?? Math.max(nowSeconds, least),
    keys: [...kept, ...(add ? [add] : [])],
    ...(revoked.length > 0 && { revoked: revoked.slice(-MOST_REVOKED) }),
  };
}
