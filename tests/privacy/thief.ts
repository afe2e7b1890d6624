import { createHash, createPrivateKey, diffieHellman, type KeyObject } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { compactDecrypt } from "jose";
import { silentLog } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { BoxKey } from "../../src/forward/outbox/box-key.ts";
import { baselineKey, openBaseline } from "../../src/sense/guard/baseline.ts";
import type { GatewayKey } from "../../src/sense/guard/seal.ts";
import { jweOf } from "../kit/sealed-message.ts";

/** Somebody who has everything that lies on a gateway, its keys and its source code, and all the time in the world. */

/** The regular files below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const about = statSync(path, { throwIfNoEntry: false });
    if (about?.isDirectory()) return filesBelow(path);
    return about?.isFile() ? [path] : [];
  });
}

/** A baseline as the outbox and the crash copy write it, wherever it may lie in a file. */
const LOOKS = [
  /\["([a-z0-9-]+\/(?:in|out))",(\d+),"([\w-]+)"\]/g,
  /\{"channel":"([a-z0-9-]+\/(?:in|out))","endMs":(\d+),"box":"([\w-]+)"\}/g,
];

/** Every last total that can be opened with what lies below a folder, each once, ascending. */
export function totalsOnCard(folder: string, key: Pick<GatewayKey, "privateKey">): number[] {
  const files = filesBelow(folder);
  const boxKeys = files
    .filter((path) => path.endsWith(".boxkey"))
    .map((path) => new BoxKey({ path, random: systemRandom, log: silentLog }));
  const own = baselineKey(key);
  const totals = new Set<number>();
  for (const text of files.map((path) => readFileSync(path, "latin1"))) {
    for (const [, channel = "", endMs = "", box = ""] of LOOKS.flatMap((look) => [...text.matchAll(look)])) {
      const baseline = { channel, endMs: Number(endMs), box };
      for (const inner of [baseline, ...boxKeys.map((one) => one.unlock(baseline))]) {
        const opened = inner && openBaseline(inner, own);
        if (opened) totals.add(opened.total);
      }
    }
  }
  return [...totals].sort((a, b) => a - b);
}

/** Sealed messages in a text: three parts in base64url, whose first begins a JSON object and whose second is a JWE. */
export function sealedIn(text: string): string[] {
  const signed = new Set(text.match(/eyJ[\w-]+\.[\w-]{200,}\.[\w-]{80,}/g) ?? []);
  return [...signed].filter((one) => jweOf(one).startsWith("eyJ"));
}

/** Tries every secret on a sealed message, in every way in which it could be a key; what it opened, if it did. */
export async function triesToOpen(sealed: string, secrets: readonly Uint8Array[]): Promise<string | null> {
  const jwe = jweOf(sealed);
  for (const key of secrets.flatMap(asKeys)) {
    try {
      const { plaintext } = await compactDecrypt(jwe, key);
      return Buffer.from(plaintext).toString("utf8");
    } catch {
      // Not with this key.
    }
  }
  return null;
}

/** 32 bytes as an X25519 key: as they are, and as Ed25519 seeds become one (SHA-512, RFC 8032, section 5.1.5). */
function asKeys(secret: Uint8Array): KeyObject[] {
  return [secret, createHash("sha512").update(secret).digest().subarray(0, 32)].map(x25519);
}

/** PKCS #8 of an X25519 key (RFC 8410, section 7) is this and the 32 bytes. */
const PKCS8_X25519 = Buffer.from("302e020100300506032b656e04220420", "hex");

function x25519(secret: Uint8Array): KeyObject {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_X25519, secret]), format: "der", type: "pkcs8" });
  // It works as a key: a thief who made a mistake would prove nothing.
  diffieHellman({ privateKey: key, publicKey: key });
  return key;
}

/** Every 32 bytes of a JSON Web Key or set, public or private, below a folder. */
export function secretsBelow(folder: string): Uint8Array[] {
  const texts = filesBelow(folder).map((path) => readFileSync(path, "latin1"));
  const found = texts.flatMap((text) => [...text.matchAll(/"(?:d|x)": ?"([\w-]{43})"/g)]);
  const hex = texts.flatMap((text) =>
    [...text.matchAll(/[0-9a-f]{64}/g)].map(([word]) => Buffer.from(word, "hex")),
  );
  return [...found.map(([, word = ""]) => Buffer.from(word, "base64url")), ...hex];
}
