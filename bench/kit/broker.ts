import { mkdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { generate, type Packet } from "mqtt-packet";
import { issueClient, issueServer, makeAuthority } from "../../tests/kit/certificates.ts";
import { startTlsMosquitto } from "../../tests/kit/mosquitto.ts";
import { type Bench, hasProgram } from "./bench.ts";

/** The section `broker` of a configuration, and how to end what stands behind it. */
export interface BrokerSection {
  readonly text: string;
  stop(): Promise<void>;
}

/** A Mosquitto with TLS as it is deployed; without the programs for it, an address where nobody listens. */
export async function startBroker({ folder, note }: Bench): Promise<BrokerSection> {
  const missing = ["mosquitto", "openssl"].filter((name) => !hasProgram(name));
  if (missing.length > 0) {
    note(`memory, CPU and ready time are measured without a broker: ${missing.join(" and ")} not found`);
    return { text: '{ url: "mqtts://127.0.0.1:9" }', async stop() {} };
  }
  const place = join(folder, "certificates");
  mkdirSync(place, { recursive: true });
  const authority = makeAuthority(place);
  const client = issueClient(place, authority, "denhaag/scheveningen/gw07");
  const broker = await startTlsMosquitto(authority, issueServer(place, authority));
  const files = `ca: ${authority.ca}, cert: ${client.cert}, key: ${client.key}`;
  return { text: `{ url: "mqtts://127.0.0.1:${broker.port}", ${files} }`, stop: () => broker.stop() };
}

const SUBSCRIBER: readonly Packet[] = [
  { cmd: "connect", protocolId: "MQTT", protocolVersion: 5, clean: true, clientId: "city", keepalive: 0 },
  { cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "telpost/v1/#", qos: 0 }] },
];

/** A subscriber that costs as little as can be: it asks for everything and throws it away unread. */
export function subscribe(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    for (const packet of SUBSCRIBER) socket.write(generate(packet, { protocolVersion: 5 }));
    socket.once("data", () => resolve(socket.resume()));
    socket.once("error", reject);
  });
}
