import { topics } from "../contract/topics.ts";
import type { FleetGateway } from "./gateways.ts";

export interface AclOptions {
  readonly tenant: string;
  readonly technicians: readonly string[];
}

/**
 * Who may do what at the broker (mosquitto.conf(5), acl_file), with a stanza for each gateway where `deploy/mosquitto/acl`
 * has one pattern for all. So a gateway that is no longer in the inventory is denied though its certificate is still
 * good, and one whose name is too long for a certificate has its stanza under the short one.
 *
 * Three lines a gateway: its own topics, of which those below `cmd` are only for reading, so that nobody but the city asks
 * anything of a gateway. No more, for Mosquitto 2.0.11 reads its list from the start for every line and stands still
 * meanwhile. With 10,000 gateways a reload took 2.5 s of its CPU, with nine lines each 10 s.
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
  const { root, cmd, res } = topics(identity);
  return stanza(commonName, [`readwrite ${root}/+`, `read ${cmd}/+`, `write ${res}/+`]);
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
