import { deflateRawSync } from "node:zlib";
import { CompactEncrypt, type CompactJWEHeaderParameters } from "jose";
import { boulevard, crowd } from "../examples.ts";
import type { Json } from "../schemas.ts";
import {
  base64url,
  bytesOf,
  END,
  EPOCH,
  encrypted,
  flipped,
  flow,
  GW07,
  GW08,
  inside,
  KEYS,
  padded,
  resigned,
  sealed,
  signed,
  withPart,
} from "./forge.ts";
import { respelled } from "./tampered.ts";
import { GENUINE, refused, type Vector } from "./vector.ts";

/** What a gateway gone bad, with its own good key, could make. A reader must believe nothing but what it can check. */
export function goneBad(): { readonly group: string; readonly vectors: readonly Vector[] }[] {
  return [
    { group: "ciphertext changed, then rightly signed again", vectors: resealed() },
    { group: "rightly encrypted and signed, with a wrong header", vectors: headers() },
    { group: "other algorithms, rightly used", vectors: algorithms },
    { group: "rightly sealed, with something wrong inside", vectors: insides() },
  ];
}

const again = (change: (jwe: string) => string) => resigned(GENUINE, change);
const header = (change: Json) => (jwe: string) =>
  withPart(jwe, 0, (part) =>
    base64url(JSON.stringify({ ...JSON.parse(bytesOf(part).toString()), ...change })),
  );

function resealed(): Vector[] {
  const inner = bytesOf(GENUINE.split(".")[1] ?? "").toString("latin1");
  const { epk } = JSON.parse(bytesOf(inner.split(".")[0] ?? "").toString());
  const names = ["header", "encrypted key", "iv", "ciphertext", "tag"];
  const bit = (part: number, at: number, which: number) =>
    refused(
      "decrypt",
      `bit ${which} of byte ${at} of the JWE ${names[part]} flipped`,
      again((jwe) => withPart(jwe, part, (text) => flipped(text, at, which))),
    );
  const epkWith = (x: string) => header({ epk: { ...epk, x } });
  const little = (value: bigint) =>
    base64url(Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse());
  return [
    refused("decrypt", "another epoch in the header", again(header({ epoch: "0000000000000000" }))),
    refused("decrypt", "another seq in the header", again(header({ seq: 8 }))),
    refused("decrypt", "another end in the header", again(header({ end: "2026-07-18T14:10:00Z" }))),
    refused("decrypt", "the kid of another city key", again(header({ kid: KEYS.cityOld.kid }))),
    refused(
      "decrypt",
      "the same header, spelled with a space",
      again((jwe) => withPart(jwe, 0, (part) => base64url(` ${bytesOf(part)}`))),
    ),
    refused("decrypt", "another ephemeral key", again(epkWith(KEYS.cityOther.publicJwk.x))),
    refused("decrypt", "an ephemeral key of zeros, whose secrets are all zero", again(epkWith(little(0n)))),
    refused("decrypt", "an ephemeral key of one, whose secrets are all zero", again(epkWith(little(1n)))),
    refused(
      "decrypt",
      "an ephemeral key of order 8 (RFC 7748, section 6.1)",
      again(epkWith(little(325606250916557431795983626356110631294008115727848805560023387167927233504n))),
    ),
    refused(
      "not_jwe",
      "an ephemeral key on another curve",
      again(header({ epk: { ...epk, crv: "Ed25519" } })),
    ),
    refused("not_jwe", "an ephemeral key of another type", again(header({ epk: { ...epk, kty: "EC" } }))),
    refused(
      "not_jwe",
      "an ephemeral key with its private half",
      again(header({ epk: { ...epk, d: epk.x } })),
    ),
    refused("not_jwe", "an ephemeral key of 31 bytes", again(epkWith(base64url(new Uint8Array(31))))),
    refused("not_jwe", "no ephemeral key", again(header({ epk: undefined }))),
    refused(
      "decrypt",
      "an encrypted key, where there is none",
      again((jwe) => withPart(jwe, 1, () => "AAAA")),
    ),
    ...[2, 3, 4].flatMap((part) => [bit(part, 0, 0), bit(part, 0, 7), bit(part, -1, 0), bit(part, -1, 7)]),
    bit(3, 100, 3),
    refused(
      "decrypt",
      "an iv of 16 bytes",
      again((jwe) => withPart(jwe, 2, (text) => base64url(Buffer.concat([bytesOf(text), Buffer.alloc(4)])))),
    ),
    refused(
      "decrypt",
      "an iv of 8 bytes",
      again((jwe) => withPart(jwe, 2, (text) => base64url(bytesOf(text).subarray(0, 8)))),
    ),
    refused(
      "decrypt",
      "no iv",
      again((jwe) => withPart(jwe, 2, () => "")),
    ),
    refused(
      "decrypt",
      "a ciphertext without its last byte",
      again((jwe) => withPart(jwe, 3, (text) => base64url(bytesOf(text).subarray(0, -1)))),
    ),
    refused(
      "decrypt",
      "no ciphertext",
      again((jwe) => withPart(jwe, 3, () => "")),
    ),
    refused(
      "decrypt",
      "a tag of 12 bytes: the first of the right one",
      again((jwe) => withPart(jwe, 4, (text) => base64url(bytesOf(text).subarray(0, 12)))),
    ),
    refused(
      "decrypt",
      "no tag",
      again((jwe) => withPart(jwe, 4, () => "")),
    ),
    refused("decrypt", "the tag moved to the end of the ciphertext", again(moveTag)),
    ...respelled("not_jwe", inner),
  ];
}

function moveTag(jwe: string): string {
  const [first, key, iv, ciphertext = "", tag = ""] = jwe.split(".");
  return [first, key, iv, base64url(Buffer.concat([bytesOf(ciphertext), bytesOf(tag)])), ""].join(".");
}

function headers(): Vector[] {
  const jwe = (change: Json) => sealed({ jwe: change });
  const extra = { zip: "DEF", apu: "AAAA", apv: "AAAA", crit: ["exp"], cty: "json", p2c: 1, tag: "AAAA" };
  const twice = (name: string, first: unknown) => (whole: Json) =>
    JSON.stringify(whole).replace(`"${name}":`, `"${name}":${JSON.stringify(first)},"${name}":`);
  const lastWrong = (name: string, last: unknown) => (whole: Json) =>
    JSON.stringify(whole).replace(/}$/, `,"${name}":${JSON.stringify(last)}}`);
  return [
    refused("not_jwe", "another typ in the JWE header", jwe({ typ: "JWT" })),
    refused("not_jwe", "alg dir in the JWE header", jwe({ alg: "dir" })),
    refused("not_jwe", "alg RSA-OAEP in the JWE header", jwe({ alg: "RSA-OAEP" })),
    refused("not_jwe", "enc A128GCM in the JWE header", jwe({ enc: "A128GCM" })),
    ...Object.entries(extra).map(([name, value]) =>
      refused("not_jwe", `${name} in the JWE header`, jwe({ [name]: value })),
    ),
    ...["typ", "gw", "sgn", "epoch", "seq", "end", "kid"].map((name) =>
      refused("not_jwe", `no ${name} in the JWE header`, jwe({ [name]: undefined })),
    ),
    refused("not_jwe", "a seq below 0", jwe({ seq: -1 })),
    refused("not_jwe", "a seq that is no whole number", jwe({ seq: 7.5 })),
    refused("not_jwe", "a seq as text", jwe({ seq: "7" })),
    refused(
      "not_jwe",
      "a seq that a double does not hold",
      sealed({ jweText: (whole) => JSON.stringify(whole).replace('"seq":7', '"seq":9007199254740993') }),
    ),
    refused("not_jwe", "an epoch with capitals", jwe({ epoch: EPOCH.toUpperCase() })),
    refused("not_jwe", "an epoch with a line feed behind it", jwe({ epoch: `${EPOCH}\n` })),
    refused("not_jwe", "an end with an offset", jwe({ end: "2026-07-18T16:05:00+02:00" })),
    refused("not_jwe", "an end on a day that does not exist", jwe({ end: "2026-02-30T14:05:00Z" })),
    refused(
      "not_jwe",
      "a JWE header that is a list",
      sealed({ jweText: (whole) => JSON.stringify([whole]) }),
    ),
    refused("wrong_gateway", "the name of another gateway", jwe({ gw: GW08 })),
    refused("wrong_gateway", "the name of another tenant", jwe({ gw: GW07.replace("denhaag", "delft") })),
    refused("wrong_signer", "the thumbprint of another signer", jwe({ sgn: KEYS.gw08.kid })),
    refused(
      "wrong_signer",
      "the ciphertext of another gateway, signed as its own",
      signed(encrypted({ signer: KEYS.gw08, jwe: { gw: GW07 } })),
    ),
    refused("unknown_city_key", "the kid of a key that nobody has", jwe({ kid: "A".repeat(43) })),
    refused("header_mismatch", "another epoch outside than inside", jwe({ epoch: "0000000000000000" })),
    refused("header_mismatch", "another seq outside than inside", jwe({ seq: 8 })),
    refused("header_mismatch", "another end outside than inside", jwe({ end: "2026-07-18T14:10:00Z" })),
    refused(
      "unknown_signer",
      "kid twice in the JWS header, the last wrong: the last counts (RFC 7515, section 4)",
      sealed({ jwsText: lastWrong("kid", "A".repeat(43)) }),
    ),
    refused(
      "not_jws",
      "alg twice in the JWS header, the last none",
      sealed({ jwsText: lastWrong("alg", "none") }),
    ),
    refused(
      "wrong_signer",
      "sgn twice in the JWE header, the last wrong",
      sealed({ jweText: lastWrong("sgn", "A".repeat(43)) }),
    ),
    refused(
      "header_mismatch",
      "seq twice in the JWE header, the first right",
      sealed({ jwe: { seq: 8 }, jweText: twice("seq", 7) }),
    ),
  ];
}

async function joseSealed(change: object): Promise<string> {
  const fixed = { alg: "ECDH-ES", enc: "A256GCM", kid: KEYS.city.kid, typ: "telpost+jwe", gw: GW07 };
  const jwe = await new CompactEncrypt(padded(inside()))
    .setProtectedHeader({
      ...fixed,
      sgn: KEYS.gw07.kid,
      epoch: EPOCH,
      seq: 7,
      end: END,
      ...change,
    } as CompactJWEHeaderParameters)
    .encrypt(KEYS.city.publicKey);
  return signed(jwe);
}

const algorithms: readonly Vector[] = [
  refused("not_jwe", "ECDH-ES+A256KW", await joseSealed({ alg: "ECDH-ES+A256KW" })),
  refused("not_jwe", "A128GCM", await joseSealed({ enc: "A128GCM" })),
  refused("not_jwe", "A256CBC-HS512", await joseSealed({ enc: "A256CBC-HS512" })),
  refused(
    "not_jwe",
    "compressed",
    sealed({ jwe: { zip: "DEF" }, plaintext: deflateRawSync(JSON.stringify(inside())) }),
  ),
  refused("decrypt", "A256GCM with an iv of 16 bytes", sealed({ ivBytes: 16 })),
  refused("not_jwe", "not encrypted: the plaintext itself is signed", signed(JSON.stringify(inside()))),
  refused("not_jwe", "signed twice", signed(GENUINE)),
];

const total = { ...boulevard, of: ["blvd-noord-03"] };
/** Totals and crowd levels that are none. */
const derived: readonly [what: string, ...records: Json[]][] = [
  ["a level that does not exist", { ...crowd, value: { level: "full" } }],
  ["a level as a number", { ...crowd, value: { level: 2 } }],
  ["a level of nothing", { ...crowd, of: undefined }],
  ["a level of an empty list", { ...crowd, of: [] }],
  ["a level of a name with a capital", { ...crowd, of: ["Plein"] }],
  ["a level where it was not measured", { ...crowd, quality: "not_measured" }],
  ["no level where it was measured", { ...crowd, value: { level: null } }],
  ["a number of people under the kind of a level", { ...crowd, value: { present: 128 } }],
  ["two levels of one zone in one window", crowd, { ...crowd, value: { level: "free" } }],
  ["a total of an empty list", { ...total, of: [] }],
  [
    "a total of more than there may be",
    { ...total, of: Array.from({ length: 17 }, (_, at) => `line-${at}`) },
  ],
  ["a total of what is no name", { ...total, of: [7] }],
  ["a total of one name, not in a list", { ...total, of: "blvd-noord-03" }],
];

function insides(): Vector[] {
  const content = (more: Json) => sealed({ plaintext: padded(inside(more)) });
  const record = (more: Json) => content({ records: [{ ...flow, ...more }] });
  const text = (change: (text: string) => string) =>
    sealed({ plaintext: padded(change(JSON.stringify(inside()))) });
  const schema: [string, string][] = [
    ["another major version", content({ schema: "telpost/windows/2" })],
    ["no records", content({ records: [] })],
    ["a record of a kind that nobody knows", record({ kind: "speed" })],
    ["an id with a line feed behind it", record({ sensor: "gate-3\n" })],
    ["an id with a capital", record({ sensor: "Gate-3" })],
    ["a number as text", record({ value: { in: "41", out: "0" } })],
    ["a truth value for a number", record({ value: { in: true, out: 0 } })],
    ["half a person", record({ value: { in: 0.5, out: 0 } })],
    ["more people than there may be", record({ value: { in: 1_000_000_000_000_000, out: 0 } })],
    ["only one direction", record({ value: { in: 4 } })],
    ["null where it was measured", record({ value: { in: null, out: 0 } })],
    ["a number where it was not measured", record({ quality: "not_measured" })],
    ["watched for longer than the window", record({ covered: 60.1 })],
    ["hundredths of a second", record({ covered: 59.95 })],
    ["a window that does not divide a day", record({ seconds: 7, covered: 7 })],
    ["an end off the grid of its window", record({ seconds: 86_400 })],
    ["flags that are not sorted", record({ flags: ["lab", "calibration"] })],
    ["a flag twice", record({ flags: ["lab", "lab"] })],
    ["a flag that is no word", record({ flags: ["Lab!"] })],
    ["no flags in a list of flags", record({ flags: [] })],
    ["catch_up without since", record({ flags: ["catch_up"] })],
    ["since without catch_up", record({ since: null })],
    ["two records of one window", content({ records: [flow, { ...flow, value: { in: 1, out: 1 } }] })],
    ["a kind whose noise is not declared", content({ privacy: {} })],
    [
      "an epsilon that is no fraction",
      content({ privacy: { flow: { mechanism: "discrete-laplace", epsilon: "0.5", unit: "passage" } } }),
    ],
    ["no reason for no noise", content({ privacy: { flow: { mechanism: "none" } } })],
    ...derived.map(([what, ...records]): [string, string] => [what, content({ records })]),
    ["JSON that ends too early", text((one) => one.slice(0, -1))],
    ["two documents", text((one) => `${one}${one}`)],
    ["NaN, which is no JSON", text((one) => one.replace(":41", ":NaN"))],
    ["Infinity, which is no JSON", text((one) => one.replace(":41", ":Infinity"))],
    ["NaN in a field that nobody knows", text((one) => one.replace(/}$/, ',"later":NaN}'))],
    ["a number of 400 digits", text((one) => one.replace(":41", `:${"9".repeat(400)}`))],
    ["a number with a plus, which is no JSON", text((one) => one.replace(":41", ":+41"))],
    ["bytes that are no UTF-8", sealed({ plaintext: Buffer.concat([padded(inside()), Buffer.of(0xff)]) })],
    ["nothing", sealed({ plaintext: new Uint8Array(0) })],
    ["a list", text((one) => `[${one}]`)],
  ];
  return [
    ...schema.map(([what, message]) => refused("schema", what, message)),
    refused("header_mismatch", "another gateway inside", content({ gateway: "gw08" })),
    refused("header_mismatch", "another site inside", content({ site: "kijkduin" })),
    refused("header_mismatch", "another tenant inside", content({ tenant: "delft" })),
    refused("header_mismatch", "another seq inside", content({ seq: 8 })),
    refused("header_mismatch", "another epoch inside", content({ epoch: "0000000000000000" })),
    refused("header_mismatch", "another end inside", content({ end: "2026-07-18T14:10:00Z" })),
    refused(
      "header_mismatch",
      "seq twice inside, the last wrong: the last counts",
      text((one) => one.replace(/}$/, ',"seq":8}')),
    ),
  ];
}
