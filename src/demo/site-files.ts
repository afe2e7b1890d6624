import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { keySetEntry, makeCityKey, makeCityRoot, makeGatewayKey, signKeySet } from "../keys/make.ts";
import { writeKeyRing, writePrivateKey, writePublicKey, writeSignedKeySet } from "../keys/write.ts";

/** Window lengths of the demo. Such short ones are refused outside profile lab. */
export const FLOW_SECONDS = 5;
export const OCCUPANCY_SECONDS = 10;

const GATEWAY = { tenant: "demo", site: "boulevard", id: "gw01" };
const DAY_MS = 86_400_000;

export interface SiteFiles {
  /** Configuration of the gateway. */
  readonly config: string;
  /** Site file of the city's reader. */
  readonly site: string;
}

export interface SiteOptions {
  readonly folder: string;
  readonly brokerPort: number;
  /** What the configuration says under `sensors`. */
  readonly sections: readonly unknown[];
  /** Files that these sections name. */
  readonly files: ReadonlyMap<string, string>;
  readonly nowMs: number;
}

/** Makes everything a gateway and its city need, with keys of their own: lab keys, made anew for every demo. */
export async function writeSiteFiles(options: SiteOptions): Promise<SiteFiles> {
  await writeKeys(options);
  for (const [name, text] of options.files) writeFileSync(join(options.folder, name), text, { mode: 0o600 });
  const url = `mqtt://127.0.0.1:${options.brokerPort}`;
  return {
    config: write(options.folder, "telpost.yaml", gatewayConfig(url, options.sections)),
    site: write(options.folder, "site.yaml", siteFile(url)),
  };
}

async function writeKeys({ folder, nowMs }: SiteOptions): Promise<void> {
  const at = (name: string) => join(folder, name);
  const [gateway, root, city] = [makeGatewayKey(), makeCityRoot(), makeCityKey()];
  writePrivateKey(at("gateway-key.jwk"), gateway.privateJwk);
  writePublicKey(at("gateway.public.jwk"), gateway.publicJwk);
  writePublicKey(at("city-root.jwk"), root.publicJwk);
  writeKeyRing(at("city-private.jwks"), [city.privateJwk]);
  const entry = keySetEntry(city, { fromMs: nowMs - DAY_MS, untilMs: nowMs + 30 * DAY_MS, lab: true });
  writeSignedKeySet(at("city-keys.jws"), await signKeySet({ version: 1, keys: [entry] }, root));
}

/** As a field engineer writes it, but for profile lab, its short windows and a broker without TLS. */
export function gatewayConfig(url: string, sensors: readonly unknown[]): unknown {
  return {
    gateway: { ...GATEWAY, key: "gateway-key.jwk" },
    city: { root: "city-root.jwk", keys: "city-keys.jws" },
    broker: { url, ack: "city", protocol: "3.1.1" },
    privacy: {
      profile: "lab",
      flow: { windowSeconds: FLOW_SECONDS, epsilon: "1" },
      occupancy: { windowSeconds: OCCUPANCY_SECONDS, epsilon: "1", w: 3, stat: "max" },
    },
    sensors,
  };
}

function siteFile(url: string): unknown {
  const { tenant, site, id } = GATEWAY;
  return {
    broker: { url },
    tenant,
    keys: "city-private.jwks",
    gateways: [{ id: `${tenant}/${site}/${id}`, key: "gateway.public.jwk" }],
    memory: "seen.sqlite",
  };
}

function write(folder: string, name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, stringify(content), { mode: 0o600 });
  return path;
}
