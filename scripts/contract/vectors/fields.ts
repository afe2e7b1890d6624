import type { z } from "zod";
import type { jweHeader, jwsHeader } from "../../../src/contract/sealed.ts";
import type { Json } from "../schemas.ts";
import { base64url, bytesOf, flipped, GW08, KEYS, padded, resigned, sealed, withPart } from "./forge.ts";
import { LEVELS, refused, type Vector } from "./vector.ts";

/** A message with a total and a crowd level: every field of its headers and every class of its bits, changed. */

type JwsField = keyof z.output<typeof jwsHeader>;
type JweField = keyof z.output<typeof jweHeader> | `epk.${keyof z.output<typeof jweHeader>["epk"]}`;

/** A value that the field could have in another message, and what a reader says to it when the signature is right. */
const JWS_FIELDS: { readonly [field in JwsField]: readonly [value: unknown, refusal: string] } = {
  alg: ["ES256", "not_jws"],
  typ: ["JWT", "not_jws"],
  cty: ["json", "not_jws"],
  kid: [KEYS.gw08.kid, "unknown_signer"],
};

/** Beside that: what a reader says when the field was changed after the message was encrypted. */
const JWE_FIELDS: {
  readonly [field in JweField]: readonly [value: unknown, encrypted: string, changedLater?: string];
} = {
  alg: ["ECDH-ES+A256KW", "not_jwe"],
  enc: ["A128GCM", "not_jwe"],
  kid: [KEYS.cityOld.kid, "decrypt"],
  typ: ["JWT", "not_jwe"],
  gw: [GW08, "wrong_gateway"],
  sgn: [KEYS.gw08.kid, "wrong_signer"],
  epoch: ["0000000000000000", "header_mismatch", "decrypt"],
  seq: [8, "header_mismatch", "decrypt"],
  end: ["2026-07-18T14:10:00Z", "header_mismatch", "decrypt"],
  epk: [{ kty: "OKP", crv: "X25519", x: KEYS.cityOther.publicJwk.x }, "decrypt"],
  "epk.kty": ["EC", "not_jwe"],
  "epk.crv": ["Ed25519", "not_jwe"],
  "epk.x": [KEYS.cityOther.publicJwk.x, "decrypt"],
};

const SEALED = sealed({ plaintext: padded(LEVELS) });

/** The header with another value in a field, or without the field. Names below `epk` are those of the ephemeral key. */
function withField(header: Json, field: string, value: unknown): Json {
  const [name = "", below] = field.split(".");
  if (below === undefined) return { ...header, [name]: value };
  return { ...header, [name]: { ...(header[name] as Json), [below]: value } };
}

const rewritten = (text: string, change: (header: Json) => Json): string =>
  withPart(text, 0, (part) => base64url(JSON.stringify(change(JSON.parse(bytesOf(part).toString())))));

/** The JWE within, changed by somebody who cannot sign it. */
const onTheWay = (change: (jwe: string) => string): string =>
  withPart(SEALED, 1, (part) => base64url(change(bytesOf(part).toString("latin1"))));
const again = (change: (jwe: string) => string): string => resigned(SEALED, change);

export function fields(): Vector[] {
  return [...Object.entries(JWS_FIELDS).flatMap(jwsField), ...Object.entries(JWE_FIELDS).flatMap(jweField)];
}

function jwsField([field, [value, refusal]]: [string, readonly [unknown, string]]): Vector[] {
  const touches = `jws.${field}`;
  const change = (to: unknown) => (header: Json) => withField(header, field, to);
  const signedWith = (to: unknown) =>
    sealed({ plaintext: padded(LEVELS), jwsText: (header) => JSON.stringify(change(to)(header)) });
  return [
    refused(refusal, `${field} of the JWS changed on the way`, rewritten(SEALED, change(value))),
    refused(refusal, `another ${field} in the JWS, rightly signed`, signedWith(value)),
    refused("not_jws", `no ${field} in the JWS`, signedWith(undefined)),
    refused("not_jws", `null as ${field} of the JWS`, signedWith(null)),
  ].map((vector) => ({ ...vector, touches }));
}

function jweField([field, [value, encrypted, changedLater = encrypted]]: [
  string,
  readonly [unknown, string, string?],
]): Vector[] {
  const touches = `jwe.${field}`;
  const change = (to: unknown) => (header: Json) => withField(header, field, to);
  const sealedWith = (to: unknown) =>
    sealed({ plaintext: padded(LEVELS), jweText: (header) => JSON.stringify(change(to)(header)) });
  const changed = (jwe: string) => rewritten(jwe, change(value));
  return [
    refused("signature", `${field} of the JWE changed on the way`, onTheWay(changed)),
    refused(changedLater, `${field} of the JWE changed, then rightly signed again`, again(changed)),
    refused(encrypted, `another ${field} in the JWE, rightly encrypted and signed`, sealedWith(value)),
    refused("not_jwe", `no ${field} in the JWE`, sealedWith(undefined)),
    refused("not_jwe", `null as ${field} of the JWE`, sealedWith(null)),
  ].map((vector) => ({ ...vector, touches }));
}

/** The classes of bits in a message. The last byte of the ciphertext is padding: a space. */
export const BIT_CLASSES = [
  ...["jws header", "jws signature", "jwe header", "jwe iv", "jwe ciphertext", "jwe padding", "jwe tag"],
] as const;

export function bits(): Vector[] {
  const jws = [[0, "jws header", "not_jws"] as const, [2, "jws signature", "signature"] as const];
  const parts = [
    ...[[0, "jwe header", 0, "not_jwe"] as const, [2, "jwe iv", 0, "decrypt"] as const],
    ...[[3, "jwe ciphertext", 0, "decrypt"] as const, [3, "jwe padding", -1, "decrypt"] as const],
    [4, "jwe tag", 0, "decrypt"] as const,
  ];
  const flip = (at: number) => (text: string) => flipped(text, at, 1);
  return [
    ...jws.map(([part, touches, refusal]) => ({
      ...refused(refusal, `a bit of the ${touches} flipped`, withPart(SEALED, part, flip(0))),
      touches,
    })),
    ...parts.flatMap(([part, touches, at, refusal]) => {
      const change = (jwe: string) => withPart(jwe, part, flip(at));
      return [
        refused("signature", `a bit of the ${touches} flipped on the way`, onTheWay(change)),
        refused(refusal, `a bit of the ${touches} flipped, then rightly signed again`, again(change)),
      ].map((vector) => ({ ...vector, touches }));
    }),
    ...padding(),
  ];
}

/** Padding is white space of JSON, and nothing else. */
function padding(): Vector[] {
  const text = JSON.stringify(LEVELS);
  const padding: [how: string, text: string][] = [
    ["with bytes of zero", text.padEnd(text.length + 64, "\0")],
    ["with no-break spaces", text.padEnd(text.length + 64, "\u00a0")],
    ["with a byte order mark before it", `\ufeff${text}`],
    ["and something behind the padding", `${text.padEnd(text.length + 64)}{}`],
  ];
  return padding.map(([how, plain]) => ({
    ...refused("schema", `padded ${how}`, sealed({ plaintext: Buffer.from(plain) })),
    touches: "jwe padding",
  }));
}
