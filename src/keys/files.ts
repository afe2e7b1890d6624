import { TelpostError } from "../base/errors.ts";
import { type ReadOptions, readPrivateText, readPublicText } from "../base/key-file.ts";
import { type Curve, importKeyPair, importPublicKey, type KeyPair, type PublicKey } from "./jwk.ts";

/** Reading key files. Errors name the file, never what is in it. */

/** A private key file: one JWK. Throws key.unreadable, key.too_open or key.invalid. */
export function readKeyPair(path: string, crv: Curve, options: ReadOptions = {}): KeyPair {
  return importKeyPair(parseJson(readPrivateText(path, options), path), crv, path);
}

/** The city's private keys: a JWKS of X25519 keys, all that messages may still be sealed to. Throws as readKeyPair. */
export function readKeyRing(path: string, options: ReadOptions = {}): KeyPair[] {
  const json = parseJson(readPrivateText(path, options), path);
  const keys = typeof json === "object" && json !== null && "keys" in json ? json.keys : null;
  if (!Array.isArray(keys)) throw new TelpostError("key.invalid", `${path} is not a JWKS`);
  return keys.map((key: unknown, index) => importKeyPair(key, "X25519", `${path} key ${index + 1}`));
}

/** A public key file: one JWK. Throws key.unreadable or key.invalid. */
export function readPublicKey(path: string, crv: Curve): PublicKey {
  return importPublicKey(parseJson(readPublicText(path), path), crv, path);
}

/** A signed city key set, not verified yet. Throws key.unreadable. */
export function readSignedKeySet(path: string): string {
  return readPublicText(path).trim();
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The cause would quote the text.
    throw new TelpostError("key.invalid", `${path} is not JSON`);
  }
}
