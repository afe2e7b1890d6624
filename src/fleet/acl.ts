import { topics } from "../contract/topics.ts";
import type { FleetGateway } from "./gateways.ts";

const WRITES = ["sealed", "status", "health", "privacy", "event"] as const;
const READS = ["keys", "ack"] as const;

export interface AclOptions {
  readonly tenant: string;
  readonly technicians: readonly string[];
}

/**
 * Who may do what at the broker (mosquitto.conf(5), acl_file): what `deploy/mosquitto/acl` grants by pattern, here with a
 * stanza for each gateway. So a gateway that is no longer in the inventory is denied though its certificate is still
 * good, and one whose name is too long for a certificate has its stanza under the short one.
 */
export function aclText(gateways: readonly FleetGateway[], { tenant, technicians }: AclOptions): string {
  const stanzas = [
    ...gateways.map(gatewayStanza),
    cityStanza(tenant),
    ...technicians.map((name) => personStanza(name, tenant)),
  ];
  return `# What is not allowed here is denied. Reload after a change: systemctl reload mosquitto\n\n${stanzas.join("\n")}`;
}

function gatewayStanza({ identity, commonName }: FleetGateway): string {
  const { root } = topics(identity);
  return stanza(commonName, [
    ...WRITES.map((leaf) => `write ${root}/${leaf}`),
    `write ${root}/res/+`,
    ...READS.map((leaf) => `read ${root}/${leaf}`),
    `read ${root}/cmd/+`,
  ]);
}

/** The city's reader. */
function cityStanza(tenant: string): string {
  const root = `telpost/v1/${tenant}`;
  return stanza(`city-${tenant}`, [
    `read ${root}/#`,
    ...["keys", "ack", "cmd/+"].map((leaf) => `write ${root}/+/+/${leaf}`),
  ]);
}

function personStanza(name: string, tenant: string): string {
  return stanza(
    name,
    ["status", "health"].map((leaf) => `read telpost/v1/${tenant}/+/+/${leaf}`),
  );
}

function stanza(user: string, lines: readonly string[]): string {
  return `user ${user}\n${lines.map((line) => `topic ${line}\n`).join("")}`;
}
