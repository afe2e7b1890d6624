import {
  createCipheriv,
  createHash,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  sign,
} from "node:crypto";
import { systemRandom } from "../../src/base/random.ts";
import { makeCityKey, makeGatewayKey } from "../../src/keys/make.ts";
import { discreteLaplace, parseRational } from "../../src/sense/guard/noise.ts";
import { Sealer } from "../../src/sense/guard/seal.ts";
import { report, Stopwatch } from "../kit/stopwatch.ts";
import { START_MS } from "../kit/virtual-sense.ts";

/** `guard noise|random|seal|encrypt COUNT BYTES`: draws of noise, or messages of so many bytes. */
const [, , what = "", count = "0", bytes = "0"] = process.argv;
const total = Number(count);
const [gatewayKey, cityKey] = [makeGatewayKey(), makeCityKey()];
const sealer = new Sealer("denhaag/scheveningen/gw07", gatewayKey);
const epsilon = parseRational("1");
const plaintext = new Uint8Array(Number(bytes)).fill(32);
const recipient = { kid: cityKey.kid, key: cityKey.publicKey };

/** The cryptography of a sealed message and nothing else: X25519, SHA-256, AES-256-GCM, Ed25519. */
function encrypt(): void {
  const ephemeral = generateKeyPairSync("x25519");
  const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: cityKey.publicKey });
  const key = createHash("sha256").update(secret).digest();
  const cipher = createCipheriv("aes-256-gcm", key, randomBytes(12));
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  sign(null, Buffer.from(sealed.toString("base64url")), gatewayKey.privateKey);
}

const seal = (seq: number) =>
  sealer.seal({ epoch: "0".repeat(16), seq, endMs: START_MS, lengths: [60], plaintext }, recipient);

const STEPS: Record<string, (n: number) => unknown> = {
  noise: () => discreteLaplace(epsilon, 1n, systemRandom),
  random: () => randomBytes(1),
  seal,
  encrypt,
};

async function main(): Promise<void> {
  const step = STEPS[what];
  if (!step) throw new Error(`no work ${what}`);
  for (let n = 0; n < total / 10; n++) await step(n);
  const watch = new Stopwatch();
  if (what === "seal") for (let n = 0; n < total; n++) await step(n);
  else for (let n = 0; n < total; n++) step(n);
  report(watch.read(total));
}

void main();
