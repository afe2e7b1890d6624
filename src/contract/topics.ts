/** Topics of contract v1: `telpost/v1/<tenant>/<site>/<gateway>/<leaf>`. Both ends import this. */

/** Where a gateway stands. Every part is one level of `[a-z0-9-]{1,32}`. */
export interface Identity {
  readonly tenant: string;
  readonly site: string;
  /** Unique within its tenant. */
  readonly gateway: string;
}

/** What may stand below a gateway's root, apart from `cmd/<name>` and `res/<name>`. */
export const LEAVES = ["sealed", "status", "health", "privacy", "event", "keys", "ack"] as const;
export type Leaf = (typeof LEAVES)[number];
export type Topics = { readonly [leaf in Leaf]: string } & {
  readonly root: string;
  /** Remote commands and their answers; a name follows, as one more level. */
  readonly cmd: string;
  readonly res: string;
};

export interface ParsedTopic extends Identity {
  readonly leaf: Leaf;
}

const ROOT = "telpost/v1";
const LEVEL = /^[a-z0-9-]{1,32}$/;

/** Every topic of one gateway. */
export function topics(identity: Identity): Topics {
  const root = `${ROOT}/${gatewayName(identity)}`;
  const under = (leaf: Leaf) => `${root}/${leaf}`;
  return {
    root,
    sealed: under("sealed"),
    status: under("status"),
    health: under("health"),
    privacy: under("privacy"),
    event: under("event"),
    keys: under("keys"),
    ack: under("ack"),
    cmd: `${root}/cmd`,
    res: `${root}/res`,
  };
}

/** `<tenant>/<site>/<gateway>`: the name in sealed messages, the MQTT client id and the common name of the certificate. */
export function gatewayName({ tenant, site, gateway }: Identity): string {
  return `${tenant}/${site}/${gateway}`;
}

/** The one level below `parent`, or null when a topic is none, lies deeper or has other characters. */
export function levelBelow(parent: string, topic: string): string | null {
  if (!topic.startsWith(`${parent}/`)) return null;
  const level = topic.slice(parent.length + 1);
  return LEVEL.test(level) ? level : null;
}

/** The parts of a topic of contract v1, or null for any other topic. */
export function parseTopic(topic: string): ParsedTopic | null {
  const [root, version, tenant = "", site = "", gateway = "", leaf, ...rest] = topic.split("/");
  if (`${root}/${version}` !== ROOT || rest.length > 0) return null;
  if (![tenant, site, gateway].every((level) => LEVEL.test(level))) return null;
  const known = LEAVES.find((one) => one === leaf);
  return known ? { tenant, site, gateway, leaf: known } : null;
}
