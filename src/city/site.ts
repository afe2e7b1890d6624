import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { TelpostError } from "../base/errors.ts";
import { type Parsed, parseYaml, problemLine } from "../config/parse.ts";
import type { RuleProblem } from "../config/rules.ts";
import { octets32 } from "../contract/sealed.ts";
import { readKeyRing, readPublicKey } from "../keys/files.ts";
import { importPublicKey, type PublicKey } from "../keys/jwk.ts";
import type { BrokerSettings } from "./broker-options.ts";
import { makeRegistry, type Registry } from "./keys.ts";

/**
 * The site file: what a city's reader needs to know. One YAML document; unknown keys are errors; paths are relative to it.
 *
 * ```yaml
 * broker: { url: mqtts://mqtt.city.example:8883, ca: ca.pem, cert: city.pem, key: city.key }
 * tenant: denhaag
 * keys: city-private.jwks
 * gateways:
 *   - { id: denhaag/scheveningen/gw07, key: gw07.public.jwk }
 *   - { id: denhaag/scheveningen/gw08, revoked: gw08.public.jwk }                          # stolen
 *   - { id: denhaag/scheveningen/gw09, key: gw09-new.public.jwk, revoked: gw09.public.jwk } # stolen and replaced
 * memory: seen.sqlite
 * ```
 */
const level = z.string().regex(/^[a-z0-9-]{1,32}$/, { error: "use 1 to 32 of a-z, 0-9 and -" });
const path = z.string().min(1).max(4096);
const url = z.string().regex(/^mqtts?:\/\/[A-Za-z0-9.\-[\]:]+$/, { error: "write mqtts://host:8883" });
const clientId = z.string().regex(/^[A-Za-z0-9/_.-]{1,64}$/, {
  error: "use 1 to 64 letters, digits and / _ . -",
});

const broker = z.strictObject({
  url,
  ca: path.optional(),
  cert: path.optional(),
  key: path.optional(),
  /** The session belongs to this name. Two readers need two names. */
  clientId: clientId.optional(),
  /** How long the broker keeps messages while the reader is away; default a week. */
  sessionExpirySeconds: z.int().min(60).max(4_294_967_294).default(604_800),
});
/** The public half of a gateway's signing key. */
export const publicJwk = z.strictObject({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: octets32,
  kid: octets32.optional(),
});
const key = z.union([path, publicJwk], {
  error: "write the public key {kty, crv, x}, or the file that holds it",
});
const gateway = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,32}(\/[a-z0-9-]{1,32}){2}$/, { error: "write tenant/site/gateway" }),
  /** One key, or two while the gateway changes its key. */
  key: z
    .union([key, z.array(key).min(1).max(2)], { error: "write a public key, its file, or a list of two" })
    .optional(),
  /** Keys of this gateway that must never be believed again, as after a theft. */
  revoked: z
    .union([key, z.array(key).min(1).max(16)], { error: "write a public key, its file, or a list" })
    .optional(),
});

export const siteSchema = z.strictObject({
  broker,
  tenant: level,
  /** The city's private keys (JWKS): all that messages may still be sealed to. */
  keys: path,
  gateways: z.array(gateway).min(1).max(10_000),
  /** Where the reader keeps what it has seen (SQLite). */
  memory: path,
  /** The city's own broker, for records in the clear. */
  republish: url.optional(),
});
export type SiteFile = z.output<typeof siteSchema>;

/** A site file with everything it names read and resolved. */
export interface Site {
  readonly tenant: string;
  readonly broker: BrokerSettings;
  readonly registry: Registry;
  /** The files of keys that it names, that of the city's own first. */
  readonly keyFiles: readonly string[];
  readonly memoryFile: string;
  readonly republish: string | null;
}

/** Ten thousand gateways, each with two keys written out, are some 4 MiB. */
const MAX_CHARACTERS = 8 * 2 ** 20;

/** Text in, site file or all its problems out. Opens nothing. */
export function parseSite(text: string): Parsed<SiteFile> {
  const parsed = parseYaml(text, siteSchema, MAX_CHARACTERS);
  if (!parsed.ok) return parsed;
  const problems = checkSite(parsed.value).map(parsed.locate);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: parsed.value };
}

/** Rules that need more than one key of the file. */
function checkSite({ broker, tenant, gateways }: SiteFile): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const secure = broker.url.startsWith("mqtts:");
  for (const name of ["ca", "cert", "key"] as const) {
    if (broker[name] && !secure)
      problems.push({ path: ["broker", name], message: "needs a url with mqtts://" });
  }
  if ((broker.cert === undefined) !== (broker.key === undefined)) {
    problems.push({ path: ["broker"], message: "cert and key go together" });
  }
  const seen = new Set<string>();
  gateways.forEach(({ id, key, revoked }, index) => {
    if (key === undefined && revoked === undefined)
      problems.push({ path: ["gateways", index], message: "needs key, or revoked when it was stolen" });
    const path = ["gateways", index, "id"];
    if (!id.startsWith(`${tenant}/`)) problems.push({ path, message: `is not of tenant ${tenant}` });
    if (seen.has(id)) problems.push({ path, message: `${id} stands here twice` });
    seen.add(id);
  });
  return problems;
}

/**
 * Reads a site file and the keys it names.
 * @throws TelpostError receive.unreadable, config.invalid (one line for each problem in `detail`), or of kind key
 */
export function readSite(file: string): Site {
  const parsed = parseSite(readText(file));
  if (!parsed.ok) {
    const lines = parsed.problems.map((problem) => problemLine(file, problem));
    throw new TelpostError("config.invalid", lines.join("\n"));
  }
  const folder = dirname(resolve(file));
  const { broker, tenant, keys, gateways, memory, republish } = parsed.value;
  const at = (path: string) => resolve(folder, path);
  const registered = gateways.map(({ id, key = [], revoked = [] }) => ({
    gateway: id,
    keys: [key].flat().map((one) => publicKey(one, at, id)),
    revoked: [revoked].flat().map((one) => publicKey(one, at, id)),
  }));
  return {
    tenant,
    broker: brokerSettings(broker, tenant, at),
    registry: makeRegistry(registered, readKeyRing(at(keys))),
    keyFiles: [
      keys,
      ...gateways.flatMap(({ key = [], revoked = [] }) => [key, revoked].flat().filter(isPath)),
    ].map(at),
    memoryFile: at(memory),
    republish: republish ?? null,
  };
}

function brokerSettings(
  { url, ca, cert, key, clientId, sessionExpirySeconds }: SiteFile["broker"],
  tenant: string,
  at: (path: string) => string,
): BrokerSettings {
  return {
    url,
    ca: ca && at(ca),
    cert: cert && at(cert),
    key: key && at(key),
    clientId: clientId ?? `telpost-receive-${tenant}`,
    sessionExpirySeconds,
  };
}

function isPath(key: z.output<typeof publicJwk> | string): key is string {
  return typeof key === "string";
}

function publicKey(
  key: z.output<typeof publicJwk> | string,
  at: (path: string) => string,
  id: string,
): PublicKey {
  return isPath(key) ? readPublicKey(at(key), "Ed25519") : importPublicKey(key, "Ed25519", id);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new TelpostError("receive.unreadable", `${file}: ${(cause as NodeJS.ErrnoException).code}`, {
      cause,
    });
  }
}
