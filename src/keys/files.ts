import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, type Stats } from "node:fs";
import { isAbsolute, relative } from "node:path";
import { TelpostError } from "../base/errors.ts";
import { MAX_KEY_SET_CHARACTERS } from "../contract/key-set.ts";
import { type Curve, importKeyPair, importPublicKey, type KeyPair, type PublicKey } from "./jwk.ts";

/** Reading key files. Errors name the file, never what is in it. */

export interface ReadOptions {
  /**
   * `$CREDENTIALS_DIRECTORY` of the unit. systemd guards what lies there by mount and ACL, and the ACL shows as group
   * permission, so the mode says nothing about those files (systemd.exec(5), LoadCredential=).
   */
  readonly credentialsDirectory?: string | undefined;
}

const MAX_FILE_BYTES = MAX_KEY_SET_CHARACTERS;
const OTHERS = 0o077;

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

function readPublicText(path: string): string {
  return readText(path, () => {});
}

function readPrivateText(path: string, { credentialsDirectory }: ReadOptions): string {
  return readText(path, ({ mode }) => {
    const open = (mode & OTHERS) !== 0;
    if (open && !liesIn(path, credentialsDirectory)) throw new TelpostError("key.too_open", path);
  });
}

/** Checks the file that is open, so that it cannot be exchanged between the check and the reading. */
function readText(path: string, check: (stats: Stats) => void): string {
  // O_NONBLOCK: opening a FIFO by mistake must not hang.
  const file = reading(path, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new TelpostError("key.unreadable", `${path} is not a file`);
    check(stats);
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    const bytes = reading(path, () => readSync(file, buffer, 0, buffer.length, 0));
    if (bytes > MAX_FILE_BYTES) throw new TelpostError("key.invalid", `${path} is too large`);
    return buffer.toString("utf8", 0, bytes);
  } finally {
    closeSync(file);
  }
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new TelpostError("key.unreadable", path, { cause });
  }
}

/** Links are followed first: a link elsewhere that points into the directory counts, one inside that points out does not. */
function liesIn(path: string, directory: string | undefined): boolean {
  if (!directory) return false;
  const way = reading(path, () => relative(realpathSync(directory), realpathSync(path)));
  return way !== "" && !way.startsWith("..") && !isAbsolute(way);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The cause would quote the text.
    throw new TelpostError("key.invalid", `${path} is not JSON`);
  }
}
