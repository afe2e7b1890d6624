import {
  createCipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  sign,
} from "node:crypto";
import { rfc3339 } from "../../../src/contract/windows.ts";
import { type MadeKey, makeCityKey, makeGatewayKey } from "../../../src/keys/make.ts";
import type { Json } from "../schemas.ts";

/** Makes messages by hand, right and wrong ones: `sealed/1` over bare cryptography, so that every part can be chosen. */

export const TENANT = "denhaag";
export const SITE = "scheveningen";
export const GW07 = `${TENANT}/${SITE}/gw07`;
export const GW08 = `${TENANT}/${SITE}/gw08`;
/** Not registered. */
export const GW06 = `${TENANT}/${SITE}/gw06`;
export const EPOCH = "7k2m9qv4x0t8b1ce";
/** 2026-07-18T14:05:00Z */
export const END_MS = 1_784_383_500_000;
export const END = rfc3339(END_MS);

/** The throw-away city and its gateways. */
export const KEYS = {
  gw07: makeGatewayKey(),
  /** The second key of gw07 while it changes its key. */
  gw07Next: makeGatewayKey(),
  /** Taken from the registry. */
  gw07Revoked: makeGatewayKey(),
  gw08: makeGatewayKey(),
  thief: makeGatewayKey(),
  city: makeCityKey(),
  /** Expired as a key to seal to; the city keeps it for messages on their way. */
  cityOld: makeCityKey(),
  /** Never the city's. */
  cityOther: makeCityKey(),
  /** The city no longer has it. */
  cityDestroyed: makeCityKey(),
} as const satisfies Record<string, MadeKey>;

export const topicOf = (gateway: string, leaf = "sealed"): string => `telpost/v1/${gateway}/${leaf}`;
export const base64url = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("base64url");
export const bytesOf = (text: string): Buffer => Buffer.from(text, "base64url");

export const flow = {
  ...{ sensor: "blvd-noord-03", kind: "flow", seconds: 60, covered: 60 },
  ...{ value: { in: 41, out: -1 }, method: "counted", quality: "ok" },
};
export const laplace = { mechanism: "discrete-laplace", epsilon: "1", unit: "passage" };

/** What stands inside, with other content where wanted. */
export function inside(more: Json = {}): Json {
  return {
    ...{
      schema: "telpost/windows/1",
      tenant: TENANT,
      site: SITE,
      gateway: "gw07",
      epoch: EPOCH,
      seq: 7,
      end: END,
    },
    ...{ privacy: { flow: laplace }, records: [flow], ...more },
  };
}

/** A plaintext as gateways write it: padded with spaces. */
export function padded(content: Json | string): Uint8Array {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return Buffer.from(text.padEnd(Math.ceil(Buffer.byteLength(text) / 256) * 256));
}

export interface Parts {
  /** Changes to the JWE header before it is encrypted: they are authenticated. */
  readonly jwe?: Json;
  /** The header as text, where JSON.stringify will not do. */
  readonly jweText?: (header: Json) => string;
  readonly plaintext?: Uint8Array;
  readonly recipient?: MadeKey;
  readonly ivBytes?: number;
  /** Who signs. */
  readonly signer?: MadeKey;
  readonly jws?: Json;
  readonly jwsText?: (header: Json) => string;
}

/** A whole sealed message. */
export function sealed(parts: Parts = {}): string {
  return signed(encrypted(parts), parts);
}

/** Compact JWE: ECDH-ES on X25519 (RFC 8037, RFC 7518 section 4.6), A256GCM. */
export function encrypted({
  jwe = {},
  jweText = JSON.stringify,
  plaintext,
  recipient = KEYS.city,
  signer = KEYS.gw07,
  ivBytes = 12,
}: Parts): string {
  const ephemeral = generateKeyPairSync("x25519");
  const { kty, crv, x } = ephemeral.publicKey.export({ format: "jwk" });
  const header: Json = {
    ...{ alg: "ECDH-ES", enc: "A256GCM", kid: recipient.kid, typ: "telpost+jwe", gw: GW07, sgn: signer.kid },
    ...{ epoch: EPOCH, seq: 7, end: END, epk: { x, crv, kty } },
    ...jwe,
  };
  const aad = base64url(jweText(header));
  const secret = diffieHellman({
    privateKey: ephemeral.privateKey,
    publicKey: createPublicKey(recipient.privateKey),
  });
  const iv = crypto.getRandomValues(new Uint8Array(ivBytes));
  const cipher = createCipheriv("aes-256-gcm", concatKdf(secret), iv).setAAD(Buffer.from(aad, "ascii"));
  const ciphertext = Buffer.concat([cipher.update(plaintext ?? padded(inside())), cipher.final()]);
  return [aad, "", base64url(iv), base64url(ciphertext), base64url(cipher.getAuthTag())].join(".");
}

/** RFC 7518, section 4.6.2, with algorithm A256GCM and empty party names: one round of SHA-256. */
function concatKdf(secret: Uint8Array): Buffer {
  const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer).swap32();
  const algorithm = Buffer.from("A256GCM");
  const info = [u32(algorithm.length), algorithm, u32(0), u32(0), u32(256)];
  return createHash("sha256")
    .update(Buffer.concat([u32(1), secret, ...info]))
    .digest();
}

/** Compact JWS with EdDSA around any text. */
export function signed(
  text: string,
  { signer = KEYS.gw07, jws = {}, jwsText = JSON.stringify }: Parts = {},
): string {
  const header: Json = { alg: "EdDSA", typ: "telpost+jws", cty: "JWE", kid: signer.kid, ...jws };
  const input = `${base64url(jwsText(header))}.${base64url(text)}`;
  return `${input}.${base64url(sign(null, Buffer.from(input, "ascii"), signer.privateKey))}`;
}

/** One part of a compact text, changed. */
export function withPart(text: string, index: number, change: (part: string) => string): string {
  return text
    .split(".")
    .map((part, at) => (at === index ? change(part) : part))
    .join(".");
}

/** One bit of a part, flipped; the encoding stays canonical. @param at byte, from the end when negative */
export function flipped(part: string, at: number, bit: number): string {
  const bytes = bytesOf(part);
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
  return base64url(bytes);
}

/** The JWE inside a message, changed and signed again by the same gateway. */
export function resigned(message: string, change: (jwe: string) => string, parts: Parts = {}): string {
  return signed(change(bytesOf(message.split(".")[1] ?? "").toString("latin1")), parts);
}
