import { parseSite } from "../city/site.ts";
import type { RuleProblem } from "../config/rules.ts";
import { yamlText } from "../config/yaml-text.ts";
import { gatewayName } from "../contract/topics.ts";
import type { PublicKey } from "../keys/jwk.ts";
import type { FleetGateway } from "./gateways.ts";
import type { Inventory } from "./inventory.ts";

/** A public key that came back from a gateway, or why there is none. */
export type ReturnedKey =
  | { readonly id: string; readonly key: PublicKey }
  | { readonly id: string; readonly why: string };

export interface Registrations {
  /** The site file of the city's reader; null while no key has come back. */
  readonly text: string | null;
  readonly registered: number;
  /** Gateways whose key has not come back: their messages cannot be verified. */
  readonly missing: readonly string[];
  /** Keys that are there and of no use, one sentence each. */
  readonly refused: readonly string[];
}

/** The site file of the city's reader, with every gateway whose public key has come back. */
export function registrations(
  inventory: Inventory,
  gateways: readonly FleetGateway[],
  returned: readonly ReturnedKey[],
): Registrations {
  const names = new Map(gateways.map(({ identity }) => [identity.gateway, gatewayName(identity)]));
  const owners = Map.groupBy(
    returned.filter((one) => "key" in one && names.has(one.id)) as { id: string; key: PublicKey }[],
    ({ key }) => key.kid,
  );
  const stolen = new Set(inventory.revoked.map(({ key }) => key.x));
  const keys = new Map<string, PublicKey>();
  for (const [{ id, key } = {}, ...others] of owners.values()) {
    if (id !== undefined && key && others.length === 0 && !stolen.has(key.publicJwk.x)) keys.set(id, key);
  }
  const known = [...names].flatMap(([gateway, id]) => {
    const key = keys.get(gateway);
    return key ? [{ id, key: key.publicJwk }] : [];
  });
  return {
    text: known.length === 0 && stolen.size === 0 ? null : siteText(inventory, known),
    registered: known.length,
    missing: [...names.keys()].filter((id) => !keys.has(id)),
    refused: [
      ...returned.flatMap((one) => useless(one, names, stolen)),
      ...[...owners.values()].flatMap(copied),
    ],
  };
}

function useless(
  one: ReturnedKey,
  names: ReadonlyMap<string, string>,
  stolen: ReadonlySet<string>,
): string[] {
  if (!names.has(one.id)) return [`${one.id}: no gateway of the inventory`];
  if ("why" in one) return [one.why];
  return stolen.has(one.key.publicJwk.x)
    ? [`${one.id}: this key is revoked; make a new one on the gateway`]
    : [];
}

/** Two gateways with one key are two copies of one card: neither's signature says whose message it is. */
function copied(owners: readonly { readonly id: string }[]): string[] {
  if (owners.length < 2) return [];
  return [`${owners.map(({ id }) => id).join(", ")}: the same key, so a card was copied; make each its own`];
}

interface Known {
  readonly id: string;
  readonly key?: object;
}

/** A gateway without a key stands there when its key was stolen. */
function siteText({ tenant, reader, revoked }: Inventory, known: readonly Known[]): string {
  const { broker, keys, memory, republish } = reader;
  const head = yamlText({ broker, tenant, keys, memory, republish });
  const stolen = Map.groupBy(revoked, ({ site, id }) => `${tenant}/${site}/${id}`);
  const gone = [...stolen.keys()].filter((id) => known.every((one) => one.id !== id)).map((id) => ({ id }));
  const lines = [...known, ...gone].map((one) => {
    const all = stolen.get(one.id)?.map(({ key }) => key);
    return `  - ${JSON.stringify({ ...one, revoked: all })}\n`;
  });
  return `${head}gateways:\n${lines.join("")}`;
}

/** What is wrong with the section `reader`, as the reader itself would say. */
export function readerProblems(inventory: Inventory): RuleProblem[] {
  const key = { kty: "OKP", crv: "Ed25519", x: "A".repeat(43) };
  const parsed = parseSite(siteText(inventory, [{ id: `${inventory.tenant}/site/gateway`, key }]));
  if (parsed.ok) return [];
  return parsed.problems.map(({ path, message }) => ({ path: ["reader", ...path.split(".")], message }));
}
