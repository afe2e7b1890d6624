import { isMap, over, type Plain } from "./plain.ts";

interface Identity {
  readonly tenant: string;
  readonly site: string;
  readonly gateway: string;
}

/** The sections in the order of the example; files of a gateway's own are called after it where nothing is said. */
export function wholeConfiguration({ tenant, site, gateway: id }: Identity, given: Plain): Plain {
  const gateway = { tenant, site, id, key: "gateway-key.jwk" };
  const city = over(isMap(given.city) ? given.city : {}, { root: "city-root.jwk", keys: "city-keys.jws" });
  const { privacy, outbox, report, sensors, totals, levels, contacts, statusLight } = given;
  const broker = withCertificate(given.broker, id);
  const counted = { sensors, totals, levels, contacts, statusLight };
  const configuration = { gateway, city, broker, privacy, outbox, report, ...counted };
  return Object.fromEntries(Object.entries(configuration).filter(([, value]) => value !== undefined));
}

/** A gateway logs in with its certificate, unless the broker is one of the laboratory without TLS. */
function withCertificate(broker: unknown, id: string): unknown {
  if (!isMap(broker) || "cert" in broker || "key" in broker) return broker;
  if (typeof broker.url !== "string" || !broker.url.startsWith("mqtts:")) return broker;
  return { ...broker, cert: `${id}.pem`, key: `${id}.key` };
}
