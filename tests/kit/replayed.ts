import { makeRegistry } from "../../src/city/keys.ts";
import { openSealed } from "../../src/city/open.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { isPassages } from "../../src/contract/values.ts";
import type { ReadRecord } from "../../src/contract/windows.ts";
import { makeCityKey, makeGatewayKey } from "../../src/keys/make.ts";
import { type RecordedEvent, type ReplayResult, replay } from "../../src/sense/replay.ts";
import { shippedProfiles } from "./devices.ts";

export interface Replayed extends ReplayResult {
  readonly records: (ReadRecord & { readonly end: string })[];
  /** Sealed messages as they leave the gateway. */
  readonly sealed: string[];
}

export const EXACT = "mechanism: none, reason: a recording with a known truth";
export const NOISED = "mechanism: discrete-laplace";

/** A configuration with these sensors and this beginning of the privacy section. */
export function replayConfig(sensors: readonly string[], privacy: string): string {
  return [
    "gateway: { tenant: denhaag, site: scheveningen, id: gw07, key: gateway-key.jwk }",
    "city: { root: city-root.jwk, keys: city-keys.jws }",
    'broker: { url: "mqtts://mqtt.city.example:8883" }',
    `privacy: { ${privacy} }`,
    "sensors:",
    ...sensors.map((sensor) => `  - { ${sensor} }`),
    "",
  ].join("\n");
}

/** Runs a recording through the production path, seals it, and opens it as the city does. */
export async function replayed(yaml: string, events: Iterable<RecordedEvent>): Promise<Replayed> {
  const parsed = parseConfig(yaml, shippedProfiles());
  if (!parsed.ok)
    throw new Error(parsed.problems.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  const gatewayKey = makeGatewayKey();
  const cityKey = makeCityKey();
  const gateway = "denhaag/scheveningen/gw07";
  const registry = makeRegistry([{ gateway, keys: [gatewayKey] }], [cityKey]);
  const records: Replayed["records"] = [];
  const sealed: string[] = [];
  const result = await replay(asAsync(events), {
    config: parsed.value,
    gatewayKey,
    recipient: { kid: cityKey.kid, key: cityKey.publicKey },
    async onSealed({ jws }) {
      sealed.push(jws);
      const opened = await openSealed(jws, gateway, registry);
      if (!opened.ok) throw new Error(`refused: ${opened.refusal}`);
      for (const record of opened.windows.records) records.push({ ...record, end: opened.windows.end });
    },
  });
  return { ...result, records, sealed };
}

async function* asAsync<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

export interface Sum {
  in: number;
  out: number;
}

/** Sums of flow records by some key, without the windows that were not measured. */
export function sums(
  records: Replayed["records"],
  keyOf: (record: Replayed["records"][number]) => string,
): Map<string, Sum> {
  const found = new Map<string, Sum>();
  for (const record of records) {
    if (!isPassages(record.value)) continue;
    const key = keyOf(record);
    const sum = found.get(key) ?? { in: 0, out: 0 };
    sum.in += record.value.in ?? 0;
    sum.out += record.value.out ?? 0;
    found.set(key, sum);
  }
  return found;
}

/** The sum over everything. */
export function total(records: Replayed["records"]): Sum {
  return sums(records, () => "all").get("all") ?? { in: 0, out: 0 };
}
