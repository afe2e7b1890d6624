import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { CompactSign, compactVerify } from "jose";
import { z } from "zod";
import { TelpostError } from "../base/errors.ts";
import { SIGNATURE_ALGORITHM } from "../contract/sealed.ts";
import { readPublicKey } from "../keys/files.ts";
import type { KeyPair } from "../keys/jwk.ts";

/** The signature beside a package: a compact JWS (RFC 7515, Ed25519 as in RFC 8037) that names the hash of the file. */

/** `typ`: what this key signed for another purpose is never taken for a release. */
const RELEASE_TYPE = "telpost+release";
const MAX_CHARACTERS = 4096;

const release = z.strictObject({
  schema: z.literal("telpost/release/1"),
  /** SHA-256 of the .deb, hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Where the public half of the release key lies on a gateway; the city gives it. */
export const RELEASE_KEY = "release-key.jwk";

/** SHA-256 of a file, hex, without holding it in memory. */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** The text of the file that goes beside a package, as `<package>.sig`. */
export async function signRelease(sha256: string, { kid, privateKey }: KeyPair): Promise<string> {
  const payload = release.parse({ schema: "telpost/release/1", sha256 });
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: SIGNATURE_ALGORITHM, typ: RELEASE_TYPE, kid })
    .sign(privateKey);
}

/**
 * Whether the release key signed a package.
 * @throws TelpostError update.unsigned, update.no_key, update.bad_signature
 */
export async function verifyRelease(
  sha256: string,
  files: { readonly signature: string; readonly key: string },
): Promise<void> {
  const jws = readSignature(files.signature);
  if (jws === null) throw new TelpostError("update.unsigned", files.signature);
  const { publicKey } = readReleaseKey(files.key);
  const verified = await compactVerify(jws, publicKey, { algorithms: [SIGNATURE_ALGORITHM] }).catch(
    () => null,
  );
  if (verified?.protectedHeader.typ !== RELEASE_TYPE)
    throw new TelpostError(
      "update.bad_signature",
      "another key signed it, or it is no signature of a release",
    );
  if (signedHash(verified.payload) !== sha256)
    throw new TelpostError("update.bad_signature", "the package is not the one that was signed");
}

function signedHash(payload: Uint8Array): string | null {
  try {
    return release.parse(JSON.parse(new TextDecoder().decode(payload))).sha256;
  } catch {
    return null; // The key signed something that is no release.
  }
}

function readSignature(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isFile() || stats.size > MAX_CHARACTERS) return null;
  return readFileSync(path, "utf8").trim();
}

/** Whoever may write this file may install anything as root. */
function readReleaseKey(path: string) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new TelpostError("update.no_key", path);
  if (stats.uid !== 0 || (stats.mode & 0o022) !== 0)
    throw new TelpostError("update.no_key", `${path} must belong to root and be writable by nobody else`);
  return readPublicKey(path, "Ed25519");
}
