import { TelpostError } from "../base/errors.ts";
import { writeWhole } from "../base/whole-file.ts";
import type { PrivateJwk, PublicJwk } from "./jwk.ts";

/** Writing key files: whole or not at all, also across a power cut. */

export interface WriteOptions {
  /** Replaces what is there; without it an existing file is never touched. */
  readonly replace?: boolean;
}

/** Writes one private JWK, readable by its owner only (0600). Throws key.unwritable. */
export function writePrivateKey(path: string, jwk: PrivateJwk, options: WriteOptions = {}): void {
  write(path, jsonText(jwk), 0o600, options);
}

/** Writes the city's private keys as a JWKS (0600). Throws key.unwritable. */
export function writeKeyRing(path: string, keys: readonly PrivateJwk[], options: WriteOptions = {}): void {
  write(path, jsonText({ keys }), 0o600, options);
}

/** Writes one public JWK (0644). Throws key.unwritable. */
export function writePublicKey(path: string, jwk: PublicJwk, options: WriteOptions = {}): void {
  write(path, jsonText(jwk), 0o644, options);
}

/** Writes a signed key set (0644). Throws key.unwritable. */
export function writeSignedKeySet(path: string, jws: string, options: WriteOptions = {}): void {
  write(path, `${jws}\n`, 0o644, options);
}

function write(path: string, text: string, mode: number, { replace = false }: WriteOptions): void {
  try {
    writeWhole(path, text, { mode, replace });
  } catch (cause) {
    throw new TelpostError("key.unwritable", path, { cause });
  }
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
