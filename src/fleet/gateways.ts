import { commonNameOf } from "../config/common-name.ts";
import type { configJudge, Problem } from "../config/parse.ts";
import type { Plain } from "../config/plain.ts";
import type { RuleProblem } from "../config/rules.ts";
import { wholeConfiguration } from "../config/whole.ts";
import type { Identity } from "../contract/topics.ts";
import type { Inventory, Layer as Sections } from "./inventory.ts";
import { type Layer, laid, placeOf } from "./layers.ts";

/** One gateway of the inventory. */
export interface FleetGateway {
  readonly identity: Identity;
  /** Of its certificate: its user name at the broker. */
  readonly commonName: string;
  /** What telpost.yaml says, found good by the rules of `telpost check`. */
  readonly configuration: Plain;
}

export type Gateways =
  | { readonly ok: true; readonly value: readonly FleetGateway[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * All gateways, each with its whole configuration, or all problems of all of them where they stand in the inventory: a
 * mistake in what a thousand gateways share is one problem.
 */
export function gatewaysOf(
  inventory: Inventory,
  locate: (problem: RuleProblem) => Problem,
  judge: ReturnType<typeof configJudge>,
): Gateways {
  const problems = new Map<string, Problem>();
  const gateways = [...layersOf(inventory)].map(({ identity, layers }): FleetGateway => {
    const configuration = wholeConfiguration(identity, laid(layers));
    const judged = judge(configuration);
    for (const { path, message } of judged.ok ? [] : judged.problems) {
      const problem = locate({ path: placeOf(layers, path), message });
      problems.set(`${problem.line}:${problem.column} ${message}`, problem);
    }
    return { identity, commonName: commonNameOf(identity), configuration };
  });
  if (problems.size === 0) return { ok: true, value: gateways };
  return { ok: false, problems: [...problems.values()] };
}

/** The layers of each gateway, the strongest first. */
function* layersOf({ tenant, sites, kinds, defaults }: Inventory) {
  const common: Layer = { path: ["defaults"], values: sectionsOf(defaults) };
  for (const [at, site] of sites.entries()) {
    const ofSite: Layer = { path: ["sites", at], values: sectionsOf(site) };
    for (const [index, gateway] of site.gateways.entries()) {
      const { id, kind } = gateway;
      const own: Layer = { path: [...ofSite.path, "gateways", index], values: sectionsOf(gateway) };
      const ofKind =
        kind === undefined ? [] : [{ path: ["kinds", kind], values: sectionsOf(kinds[kind] ?? {}) }];
      const identity: Identity = { tenant, site: site.id, gateway: id };
      yield { identity, layers: [own, ...ofKind, ofSite, common] };
    }
  }
}

function sectionsOf({ city, broker, privacy, outbox, report, ...rest }: Sections): Plain {
  const { sensors, contacts, statusLight } = rest;
  const given = Object.entries({ city, broker, privacy, outbox, report, sensors, contacts, statusLight });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}
