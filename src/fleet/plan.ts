import { marked as markedBy } from "../config/marker.ts";
import { configJudge, inOrder, type Problem } from "../config/parse.ts";
import type { Profile } from "../config/profile.ts";
import { yamlText } from "../config/yaml-text.ts";
import { aclText } from "./acl.ts";
import { namesText, requestText, SIGN_SCRIPT } from "./certificates.ts";
import { type FleetGateway, gatewaysOf } from "./gateways.ts";
import { type Inventory, parseInventory } from "./inventory.ts";
import { type Registrations, type ReturnedKey, readerProblems, registrations } from "./registrations.ts";

/** An inventory that was read and found good. */
export interface Fleet {
  readonly inventory: Inventory;
  readonly gateways: readonly FleetGateway[];
}

export type ReadFleet =
  | { readonly ok: true; readonly value: Fleet }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Text in, fleet or all its problems out. Opens nothing. */
export function readFleet(text: string, devices: Iterable<Profile>): ReadFleet {
  const parsed = parseInventory(text);
  if (!parsed.ok) return parsed;
  const { value: inventory, locate } = parsed;
  const gateways = gatewaysOf(inventory, locate, configJudge(devices));
  const reader = readerProblems(inventory).map(locate);
  if (gateways.ok && reader.length === 0) return { ok: true, value: { inventory, gateways: gateways.value } };
  return { ok: false, problems: inOrder([...reader, ...(gateways.ok ? [] : gateways.problems)]) };
}

/** Everything that is made of an inventory. */
export interface Plan {
  /** Path below the output folder -> the whole text. */
  readonly files: ReadonlyMap<string, string>;
  readonly registrations: Registrations;
}

/** The folder of the configurations, one folder a gateway in it. */
export const GATEWAYS = "gateways";
/** The files in the folder of a gateway. */
export const OF_GATEWAY = ["telpost.yaml", "request.cnf"] as const;

/** The inventory is where to change things: a file that was changed by hand is known by its mark and left alone. */
const marked = (body: string) => markedBy(body, "telpost fleet; change the inventory, not this file");

/** The files of a fleet. The same inventory and keys give the same bytes. */
export function planFleet({ inventory, gateways }: Fleet, returned: readonly ReturnedKey[]): Plan {
  const { tenant, technicians = [`technician-${tenant}`] } = inventory;
  const registered = registrations(inventory, gateways, returned);
  const files = new Map<string, string>();
  for (const gateway of gateways) {
    const folder = `${GATEWAYS}/${gateway.identity.gateway}`;
    files.set(`${folder}/${OF_GATEWAY[0]}`, marked(yamlText(gateway.configuration)));
    files.set(`${folder}/${OF_GATEWAY[1]}`, marked(requestText(gateway)));
  }
  files.set("acl", marked(aclText(gateways, { tenant, technicians })));
  files.set("names.tsv", marked(namesText(gateways)));
  files.set("sign.sh", marked(SIGN_SCRIPT));
  if (registered.text !== null) files.set("site.yaml", marked(registered.text));
  return { files, registrations: registered };
}
