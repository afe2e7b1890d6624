import { createHmac } from "node:crypto";
import type { Json } from "../schemas.ts";
import { base64url, bytesOf, flipped, KEYS, sealed, signed, withPart } from "./forge.ts";
import { GENUINE, refused, type Vector } from "./vector.ts";

/** Anybody between the gateway and the city, without a key. */
export function onTheWay(): Vector[] {
  const header = (change: Json, text = GENUINE) =>
    withPart(text, 0, (part) =>
      base64url(JSON.stringify({ ...JSON.parse(bytesOf(part).toString()), ...change })),
    );
  const unsigned = withPart(header({ alg: "none" }), 2, () => "");
  const signature = (change: (bytes: Buffer) => Uint8Array) =>
    withPart(GENUINE, 2, (part) => base64url(change(bytesOf(part))));
  return [
    refused("not_jws", "alg none, without a signature", unsigned),
    refused("not_jws", "alg none, with the signature", header({ alg: "none" })),
    refused("not_jws", "alg HS256, with the public key of the gateway as the secret", hmac()),
    refused("not_jws", "alg ES256", header({ alg: "ES256" })),
    refused("not_jws", "alg Ed25519 instead of EdDSA", header({ alg: "Ed25519" })),
    refused("not_jws", "another typ in the JWS header", header({ typ: "JWT" })),
    refused("not_jws", "another cty", header({ cty: "json" })),
    refused("unknown_signer", "the kid of another gateway", header({ kid: KEYS.gw08.kid })),
    refused("unknown_signer", "a kid that nobody has", header({ kid: "A".repeat(43) })),
    refused("not_jws", "a kid that is no thumbprint", header({ kid: "../gw07" })),
    ...Object.entries({
      jwk: KEYS.thief.publicJwk,
      jku: "https://thief.example/jwks",
      x5u: "https://thief.example/x5",
      crit: ["b64"],
      b64: false,
      zip: "DEF",
    }).map(([name, value]) => refused("not_jws", `${name} in the JWS header`, header({ [name]: value }))),
    refused(
      "not_jws",
      "a key of its own in the JWS header, rightly signed with it",
      sealed({ signer: KEYS.thief, jws: { jwk: KEYS.thief.publicJwk } }),
    ),
    ...[0, 1, 2].flatMap((part) => bits(part)),
    refused(
      "signature",
      "the signature of another message",
      withPart(GENUINE, 2, () => sealed().split(".")[2] ?? ""),
    ),
    refused(
      "signature",
      "a signature of zeros",
      signature(() => new Uint8Array(64)),
    ),
    refused(
      "signature",
      "a signature of 63 bytes",
      signature((bytes) => bytes.subarray(0, 63)),
    ),
    refused(
      "signature",
      "a signature of 65 bytes",
      signature((bytes) => Buffer.concat([bytes, Buffer.of(0)])),
    ),
    refused(
      "signature",
      "the same signature spelled otherwise: S + L (RFC 8032, section 5.1.7)",
      signature(plusOrder),
    ),
    refused(
      "signature",
      "the ciphertext of another message",
      withPart(GENUINE, 1, () => sealed().split(".")[1] ?? ""),
    ),
    ...respelled("not_jws", GENUINE),
  ];
}

function hmac(): string {
  const header = base64url(
    JSON.stringify({ alg: "HS256", typ: "telpost+jws", cty: "JWE", kid: KEYS.gw07.kid }),
  );
  const input = `${header}.${GENUINE.split(".")[1]}`;
  const mac = createHmac("sha256", bytesOf(KEYS.gw07.publicJwk.x)).update(input).digest();
  return `${input}.${base64url(mac)}`;
}

/** The lowest and the highest bit of the first, a middle and the last byte of a part of the JWS. */
function bits(part: number): Vector[] {
  const names = ["header", "payload", "signature"];
  const text = GENUINE.split(".")[part] ?? "";
  const bytes = bytesOf(text).length;
  return [0, bytes >> 1, -1].flatMap((at) =>
    [0, 7].map((bit) => {
      const changed = withPart(GENUINE, part, () => flipped(text, at, bit));
      const why = part > 0 ? "signature" : isStillAHeader(changed) ? "unknown_signer" : "not_jws";
      return refused(why, `bit ${bit} of byte ${at} of the JWS ${names[part]} flipped`, changed);
    }),
  );
}

/** A bit in the middle of the header may turn one kid into another. */
function isStillAHeader(message: string): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(message.split(".")[0] ?? ""));
    const { alg, typ, cty, kid, ...rest } = JSON.parse(text);
    const fixed = alg === "EdDSA" && typ === "telpost+jws" && cty === "JWE" && Object.keys(rest).length === 0;
    return fixed && /^[\w-]{43}$/.test(kid);
  } catch {
    return false;
  }
}

/** Adds the order of the group to the second half of a signature, little-endian. */
export function plusOrder(bytes: Buffer): Uint8Array {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString("hex")}`) + order;
  return Buffer.concat([
    bytes.subarray(0, 32),
    Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse(),
  ]);
}

/** One text, spelled in ways that a lenient reader would take for the same. */
export function respelled(refusal: string, text: string): Vector[] {
  const what = refusal === "not_jws" ? "JWS" : "JWE";
  const last = (text.at(-1) ?? "").charCodeAt(0);
  const parts = text.split(".");
  const spellings: [string, string][] = [
    ["with padding", `${text}==`],
    [
      "with padding in its first part",
      withPart(text, 0, (part) => part.padEnd(Math.ceil((part.length + 1) / 4) * 4, "=")),
    ],
    ["with a line feed behind it", `${text}\n`],
    ["with a space before it", ` ${text}`],
    [
      "with a line feed within",
      withPart(text, what === "JWS" ? 1 : 3, (part) => `${part.slice(0, 76)}\n${part.slice(76)}`),
    ],
    ["in the alphabet of base64", text.replaceAll("-", "+").replaceAll("_", "/")],
    [
      "with other unused bits in its last character",
      text.slice(0, -1) + String.fromCharCode(nextSpelling(last)),
    ],
    ["with a part more", `${text}.`],
    ["with a part less", parts.slice(0, -1).join(".")],
    ["as JSON", asJson(what, parts)],
    ["as nothing", ""],
    ["with a character beyond ASCII", withPart(text, 0, (part) => `${part}\u00e9`)],
  ];
  return spellings.map(([how, spelling]) => {
    const payload = what === "JWS" ? spelling : signed(spelling);
    return refused(refusal, `the ${what} ${how}`, payload);
  });
}

/** Both 64 bytes (signature) and 16 bytes (tag) leave unused bits in the last character, of which the lowest is 0. */
export function nextSpelling(code: number): number {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return alphabet.charCodeAt(alphabet.indexOf(String.fromCharCode(code)) + 1);
}

function asJson(what: string, parts: readonly string[]): string {
  const [first, second, third, fourth, fifth] = parts;
  if (what === "JWS") return JSON.stringify({ protected: first, payload: second, signature: third });
  return JSON.stringify({
    protected: first,
    encrypted_key: second,
    iv: third,
    ciphertext: fourth,
    tag: fifth,
  });
}
