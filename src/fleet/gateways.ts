import type { configJudge, Problem } from "../config/parse.ts";
import type { RuleProblem } from "../config/rules.ts";
import type { Identity } from "../contract/topics.ts";
import { commonNameOf } from "./certificates.ts";
import type { Inventory, Layer as Sections } from "./inventory.ts";
import { isMap, type Layer, laid, type Plain, placeOf } from "./layers.ts";

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
    const configuration = configurationOf(identity, laid(layers));
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

function sectionsOf({ city, broker, privacy, outbox, report, sensors }: Sections): Plain {
  const given = Object.entries({ city, broker, privacy, outbox, report, sensors });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** The sections in the order of the example; files of a gateway's own are called after it where nothing is said. */
function configurationOf({ tenant, site, gateway: id }: Identity, given: Plain): Plain {
  const gateway = { tenant, site, id, key: "gateway-key.jwk" };
  const city = isMap(given.city)
    ? { root: "city-root.jwk", keys: "city-keys.jws", ...given.city }
    : undefined;
  const { privacy, outbox, report, sensors } = given;
  const configuration = {
    gateway,
    city: city ?? { root: "city-root.jwk", keys: "city-keys.jws" },
    broker: withCertificate(given.broker, id),
    privacy,
    outbox,
    report,
    sensors,
  };
  return Object.fromEntries(Object.entries(configuration).filter(([, value]) => value !== undefined));
}

/** A gateway logs in with its certificate, unless the broker is one of the laboratory without TLS. */
function withCertificate(broker: unknown, id: string): unknown {
  if (!isMap(broker) || "cert" in broker || "key" in broker) return broker;
  if (typeof broker.url !== "string" || !broker.url.startsWith("mqtts:")) return broker;
  return { ...broker, cert: `${id}.pem`, key: `${id}.key` };
}
