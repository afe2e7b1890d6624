import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keySetEntry, makeCityKey, makeCityRoot, signKeySet } from "../../src/keys/make.ts";
import { writeKeyRing, writePublicKey, writeSignedKeySet } from "../../src/keys/write.ts";
import { issueClient, issueServer, makeAuthority } from "../kit/certificates.ts";
import { SOUNDS } from "../kit/sounds.ts";
import type { Bench } from "./scenario.ts";

const DEPLOY = join(import.meta.dirname, "../../deploy");
const YEAR_MS = 365 * 86_400_000;

export interface FieldOptions {
  /** The answers file, as the engineer has it. */
  readonly answers: string;
  /** Whether the broker's operator made the gateway's certificate beforehand. */
  readonly certificate: boolean;
}

/**
 * What an engineer carries and what the city has, in the share: `gw07/` with the package, the answers and the files of the
 * city; `city/` with a Mosquitto as deploy/mosquitto describes it (TLS, certificates as logins, ACL) and a site file that
 * lacks its gateways.
 */
export async function shareField(bench: Bench, { answers, certificate }: FieldOptions): Promise<void> {
  const [field, city] = [join(bench.share, "gw07"), join(bench.share, "city")];
  for (const folder of [field, city]) mkdirSync(folder);
  copyFileSync(bench.deb, join(field, "telpost_0.1.0_amd64.deb"));
  writeFileSync(join(field, "gw07.answers.yaml"), answers);
  await cityKeys(field, city);
  const authority = makeAuthority(city);
  const server = issueServer(city, authority, { names: "DNS:mqtt.city.example" });
  const reader = issueClient(city, authority, "city-denhaag");
  copyFileSync(authority.ca, join(field, "ca.pem"));
  if (certificate) {
    const { cert, key } = issueClient(city, authority, "denhaag/scheveningen/gw07");
    copyFileSync(cert, join(field, "gw07.pem"));
    copyFileSync(key, join(field, "gw07.key"));
  }
  copyFileSync(server.cert, join(city, "server.pem"));
  copyFileSync(server.key, join(city, "server.key"));
  copyFileSync(reader.cert, join(city, "reader.pem"));
  copyFileSync(reader.key, join(city, "reader.key"));
  copyFileSync(join(DEPLOY, "mosquitto/acl"), join(city, "acl"));
  const conf = readFileSync(join(DEPLOY, "mosquitto/telpost.conf"), "utf8");
  writeFileSync(join(city, "mosquitto.conf"), `${conf}\nuser root\npersistence_location /tmp/\n`);
  const broker = "url: mqtts://mqtt.city.example:8883, ca: ca.pem, cert: reader.pem, key: reader.key";
  const site = ["tenant: denhaag", "keys: city-private.jwks", "memory: seen.sqlite", "gateways:"];
  writeFileSync(join(city, "site.yaml"), `broker: { ${broker} }\n${site.join("\n")}\n`);
}

async function cityKeys(field: string, city: string): Promise<void> {
  const [root, key] = [makeCityRoot(), makeCityKey()];
  const now = Date.now();
  const entry = keySetEntry(key, { fromMs: now - 1000, untilMs: now + YEAR_MS, lab: false });
  writePublicKey(join(field, "city-root.jwk"), root.publicJwk);
  writeSignedKeySet(join(field, "city-keys.jws"), await signKeySet({ version: 1, keys: [entry] }, root));
  writeKeyRing(join(city, "city-private.jwks"), [key.privateJwk]);
}

/** A few frames of a device, for guest/lib.sh to send again and again: sounds/0 to 9 in the share. */
export function shareSounds({ share }: Bench, device: string): void {
  mkdirSync(join(share, "sounds"));
  for (let step = 0; step < 10; step++)
    writeFileSync(join(share, "sounds", String(step)), SOUNDS[device]?.(step) ?? "");
}
