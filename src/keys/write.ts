import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { TelpostError } from "../base/errors.ts";
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
  const draft = `${path}.new`;
  try {
    writeNew(draft, text, mode);
    try {
      // link(2) fails when the name is taken; rename(2) replaces it.
      if (replace) renameSync(draft, path);
      else linkSync(draft, path);
    } finally {
      rmSync(draft, { force: true });
    }
    syncFolder(dirname(path));
  } catch (cause) {
    throw new TelpostError("key.unwritable", path, { cause });
  }
}

/** The mode is given at creation: there is no moment in which a private key is readable by others. */
function writeNew(path: string, text: string, mode: number): void {
  rmSync(path, { force: true });
  const file = openSync(path, "wx", mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
