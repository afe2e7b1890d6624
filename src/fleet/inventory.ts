import { z } from "zod";
import { nearest } from "../base/nearest.ts";
import { publicJwk, siteSchema } from "../city/site.ts";
import { inOrder, parseYaml } from "../config/parse.ts";
import type { RuleProblem } from "../config/rules.ts";
import { level } from "../config/schema-parts.ts";

/**
 * The inventory: every gateway of one tenant in one YAML document, what they have in common written once.
 * A section of telpost.yaml may stand at `defaults`, at a site, at a kind and at a gateway; the later wins, key by key,
 * and a list is replaced as a whole. Unknown keys are errors. deploy/fleet.example.yaml shows all of it.
 */

const section = z.record(z.string(), z.unknown());
/** What a layer may say of its gateways; what is in a section is judged when all layers of a gateway lie on each other. */
const sections = {
  city: section.optional(),
  broker: section.optional(),
  privacy: section.optional(),
  outbox: section.optional(),
  report: section.optional(),
  sensors: z.array(section).optional(),
  contacts: z.array(section).optional(),
  statusLight: section.optional(),
};
const layer = z.strictObject(sections);
const gateway = z.strictObject({ id: level, kind: level.optional(), ...sections });

/** As many as the city's reader takes. */
const MOST_GATEWAYS = 10_000;
const site = z.strictObject({ id: level, ...sections, gateways: z.array(gateway).min(1).max(MOST_GATEWAYS) });

/** A user name of the broker that is no gateway's: what stands in an ACL must not end its line. */
const person = z
  .string()
  .regex(/^[A-Za-z0-9._@-]{1,64}$/, { error: "use 1 to 64 letters, digits and . _ @ -" });

const schema = z.strictObject({
  tenant: level,
  /** The city's reader: what its site file says besides the gateways. */
  reader: z.strictObject({
    broker: siteSchema.shape.broker,
    keys: siteSchema.shape.keys.default("city-private.jwks"),
    memory: siteSchema.shape.memory.default("seen.sqlite"),
    republish: siteSchema.shape.republish,
  }),
  /** Certificate names (CN) of people who may see how gateways are; default `technician-<tenant>`. */
  technicians: z.array(person).max(100).optional(),
  defaults: layer.prefault({}),
  kinds: z.record(level, layer).default({}),
  sites: z.array(site).min(1).max(1000),
  /** Stolen keys, whether their gateway was replaced or is gone: the city's reader believes none of them again. */
  revoked: z
    .array(z.strictObject({ site: level, id: level, key: publicJwk }))
    .max(1000)
    .default([]),
});

export type Inventory = z.output<typeof schema>;
export type Layer = z.output<typeof layer>;

/** 10,000 gateways with two sensors each written out are some 3 MiB. */
const MAX_CHARACTERS = 16 * 2 ** 20;

/** Text in, inventory or all its problems out, except those of sections (`planFleet`). Opens nothing. */
export function parseInventory(text: string) {
  const parsed = parseYaml(text, schema, MAX_CHARACTERS);
  if (!parsed.ok) return parsed;
  const problems = inOrder(checkInventory(parsed.value).map(parsed.locate));
  return problems.length > 0 ? { ok: false as const, problems } : parsed;
}

function checkInventory(inventory: Inventory): RuleProblem[] {
  return [...siteProblems(inventory), ...gatewayProblems(inventory)];
}

function* siteProblems({ sites }: Inventory): Generator<RuleProblem> {
  const seen = new Set<string>();
  for (const [index, { id }] of sites.entries()) {
    if (seen.has(id)) yield { path: ["sites", index, "id"], message: `site "${id}" stands here twice` };
    seen.add(id);
  }
}

/** A gateway is unique within its tenant, not only within its site: the city counts what it has seen by that name. */
function* gatewayProblems({ sites, kinds }: Inventory): Generator<RuleProblem> {
  const owners = new Map<string, string>();
  let count = 0;
  for (const [at, site] of sites.entries()) {
    for (const [index, { id, kind }] of site.gateways.entries()) {
      const path = ["sites", at, "gateways", index] as const;
      const owner = owners.get(id);
      if (owner !== undefined) {
        const message = `gateway "${id}" stands at site ${owner} already; ids are unique within the tenant`;
        yield { path: [...path, "id"], message };
      }
      owners.set(id, site.id);
      if (kind !== undefined && !Object.hasOwn(kinds, kind)) yield noKind([...path, "kind"], kind, kinds);
      count += 1;
    }
  }
  if (count > MOST_GATEWAYS) {
    const message = `${count} gateways are more than one reader takes (${MOST_GATEWAYS}); make two inventories`;
    yield { path: ["sites"], message };
  }
}

function noKind(path: RuleProblem["path"], kind: string, kinds: Inventory["kinds"]): RuleProblem {
  const meant = nearest(kind, Object.keys(kinds));
  return { path, message: `there is no kind "${kind}"${meant ? `; did you mean ${meant}?` : ""}` };
}
