import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { assert } from "../../base/assert.ts";
import type { RandomBytes } from "../../base/random.ts";
import type { Baseline } from "../../model.ts";
import type { GatewayKey } from "./seal.ts";

/**
 * The last total of a running channel, kept outside sense in a box only this gateway can open (P2): AES-256-GCM,
 * bound to its channel and window, always the same length. Worth no more than the counter's own display.
 * Nonces are random: a gateway with 100 channels and 60 s windows stays below 2^32 boxes (NIST SP 800-38D, 8.3) for
 * 80 years.
 */

/** A last total. */
export interface LastTotal {
  /** The counter's reading; a whole number >= 0. */
  readonly total: number;
  /** When it was read, ms since the Unix epoch; null when the clock was not known. */
  readonly atMs: number | null;
}

/** The AES key of the boxes, derived from the gateway's key. As an object: Node takes five times as long with its bytes. */
export type BaselineKey = KeyObject;

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PLAIN_BYTES = 16;
const NO_TOTAL = 2n ** 64n - 1n;

/** HKDF-SHA256 (RFC 5869) over the private Ed25519 seed, without salt. */
export function baselineKey({ privateKey }: Pick<GatewayKey, "privateKey">): BaselineKey {
  const bytes = hkdfSync("sha256", seedOf(privateKey), "", "telpost/baseline/1", 32);
  return createSecretKey(new Uint8Array(bytes));
}

/**
 * Closes a box. @param channel `<output>/in` or `<output>/out` @param endMs end of the window, ms since the Unix epoch
 * @param last null when the channel has told no total yet: from outside its box looks like any other (P9)
 */
export function boxBaseline(
  { channel, endMs }: Pick<Baseline, "channel" | "endMs">,
  last: LastTotal | null,
  { key, random }: { readonly key: BaselineKey; readonly random: RandomBytes },
): Baseline {
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(channel, endMs));
  const sealed = Buffer.concat([cipher.update(encode(last)), cipher.final()]);
  const box = Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString("base64url");
  return { channel, endMs, box };
}

/** Opens a box; null when it is not this gateway's, not of this channel and window, damaged, or empty. */
export function openBaseline({ channel, endMs, box }: Baseline, key: BaselineKey): LastTotal | null {
  const bytes = Buffer.from(box, "base64url");
  if (bytes.length !== NONCE_BYTES + PLAIN_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(boundTo(channel, endMs));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const plain = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return decode(plain);
}

/** Total as u64, all ones for none; time as f64 with NaN for null; big-endian. */
function encode(last: LastTotal | null): Uint8Array {
  const { total, atMs } = last ?? { total: 0, atMs: null };
  assert(Number.isSafeInteger(total) && total >= 0, "a total is a whole number >= 0");
  assert(atMs === null || Number.isFinite(atMs), "a time is finite or null");
  const view = new DataView(new ArrayBuffer(PLAIN_BYTES));
  view.setBigUint64(0, last ? BigInt(total) : NO_TOTAL);
  view.setFloat64(8, atMs ?? Number.NaN);
  return new Uint8Array(view.buffer);
}

function decode(plain: Uint8Array): LastTotal | null {
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const total = view.getBigUint64(0);
  if (total === NO_TOTAL) return null;
  const atMs = view.getFloat64(8);
  return { total: Number(total), atMs: Number.isNaN(atMs) ? null : atMs };
}

function boundTo(channel: string, endMs: number): Uint8Array {
  return Buffer.from(JSON.stringify([channel, endMs]), "utf8");
}

function seedOf(privateKey: KeyObject): Uint8Array {
  const { d } = privateKey.export({ format: "jwk" });
  assert(typeof d === "string", "the gateway key is private");
  return Buffer.from(d, "base64url");
}
