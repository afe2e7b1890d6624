import { parseConfig } from "../../src/config/parse.ts";
import type { Config } from "../../src/config/schema.ts";

/** The gateway that is measured: ten sensors, six of passages, three of running totals, one of people in view. */

const KINDS = ["passages", "passages", "totals", "passages", "present"] as const;
type Kind = (typeof KINDS)[number];

export interface Sensor {
  readonly id: string;
  readonly kind: Kind;
}

export const SENSORS: readonly Sensor[] = Array.from({ length: 10 }, (_, index) => ({
  id: `boulevard-noord-${String(index + 1).padStart(2, "0")}`,
  kind: index === 9 ? "totals" : (KINDS[index % KINDS.length] ?? "passages"),
}));

/** Line `n` of a sensor, as a camera script writes it. */
export function lineOf({ kind }: Sensor, n: number): string {
  if (kind === "totals") return `{"inTotal":${1_504_736 + n},"outTotal":${3_682_796 + n}}\n`;
  if (kind === "present") return `{"present":${12 + (n % 7)}}\n`;
  return `{"in":${n % 3},"out":${n % 2}}\n`;
}

export interface SiteOptions {
  /** Sensor by sensor, the path of its port. */
  readonly ports: readonly string[];
  /** The section `broker`, as it stands in the file. */
  readonly broker: string;
}

/** The configuration as a file. */
export function siteText({ ports, broker }: SiteOptions): string {
  const sensors = SENSORS.map(
    ({ id, kind }, index) =>
      `  - { id: ${id}, profile: generic-jsonl, port: ${ports[index] ?? "/dev/null"}, sends: [${kind}] }`,
  );
  return [
    "gateway: { tenant: denhaag, site: scheveningen, id: gw07, key: gateway-key.jwk }",
    "city: { root: city-root.jwk, keys: city-keys.jws }",
    `broker: ${broker}`,
    "sensors:",
    ...sensors,
    "",
  ].join("\n");
}

/** The configuration as the program reads it. */
export function siteConfig(): Config {
  const parsed = parseConfig(siteText({ ports: [], broker: '{ url: "mqtts://mqtt.city.example:8883" }' }));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}
