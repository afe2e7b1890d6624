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
  const keys = new Map<string, PublicKey>();
  for (const [{ id, key } = {}, ...others] of owners.values()) {
    if (id !== undefined && key && others.length === 0) keys.set(id, key);
  }
  const known = gateways.flatMap(({ identity: { gateway } }) => {
    const key = keys.get(gateway);
    return key ? [{ id: names.get(gateway), key: key.publicJwk }] : [];
  });
  return {
    text: known.length === 0 ? null : siteText(inventory, known),
    registered: known.length,
    missing: [...names.keys()].filter((id) => !keys.has(id)),
    refused: [...returned.flatMap((one) => useless(one, names)), ...[...owners.values()].flatMap(copied)],
  };
}

function useless(one: ReturnedKey, names: ReadonlyMap<string, string>): string[] {
  if (!names.has(one.id)) return [`${one.id}: no gateway of the inventory`];
  return "why" in one ? [one.why] : [];
}

/** Two gateways with one key are two copies of one card: neither's signature says whose message it is. */
function copied(owners: readonly { readonly id: string }[]): string[] {
  if (owners.length < 2) return [];
  return [`${owners.map(({ id }) => id).join(", ")}: the same key, so a card was copied; make each its own`];
}

function siteText(
  { tenant, reader }: Inventory,
  known: readonly { id?: string | undefined; key: object }[],
): string {
  const { broker, keys, memory, republish } = reader;
  const head = yamlText({ broker, tenant, keys, memory, republish });
  return `${head}gateways:\n${known.map(({ id, key }) => `  - { id: ${id}, key: ${JSON.stringify(key)} }\n`).join("")}`;
}

/** What is wrong with the section `reader`, as the reader itself would say. */
export function readerProblems(inventory: Inventory): RuleProblem[] {
  const key = { kty: "OKP", crv: "Ed25519", x: "A".repeat(43) };
  const parsed = parseSite(siteText(inventory, [{ id: `${inventory.tenant}/site/gateway`, key }]));
  if (parsed.ok) return [];
  return parsed.problems.map(({ path, message }) => ({ path: ["reader", ...path.split(".")], message }));
}
