import { copyFileSync, cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { CommandName } from "../../src/model.ts";
import { issueClient, issueServer, makeAuthority } from "../kit/certificates.ts";
import { LiveGateway, type Printed } from "../kit/live-gateway.ts";
import { type Mosquitto, startTlsMosquitto } from "../kit/mosquitto.ts";
import { telpost } from "../kit/telpost.ts";
import { BROKER } from "./qemu.ts";
import type { Bench } from "./scenario.ts";

const GATEWAY = "denhaag/scheveningen/gw07";

export interface OutsideOptions {
  readonly ack: "broker" | "city";
  /** What `telpost.yaml` says of privacy; default: exact windows of so many seconds. */
  readonly privacy: string | { readonly windowSeconds: number };
  readonly sensors: readonly string[];
  readonly contacts?: readonly string[];
}

/** What survives the gateway: Mosquitto with TLS and the ACL of deploy/, and `telpost receive` behind it. */
export class Outside {
  readonly broker: Mosquitto;
  readonly #site: LiveGateway;

  private constructor(broker: Mosquitto, site: LiveGateway) {
    this.broker = broker;
    this.#site = site;
  }

  /** Puts what the gateway needs into the share: site/ and tls/. */
  static async start(bench: Bench, options: OutsideOptions): Promise<Outside> {
    const folder = join(bench.scratch, "tls");
    mkdirSync(folder);
    const authority = makeAuthority(folder);
    const names = `IP:${BROKER.host},DNS:localhost`;
    const broker = await startTlsMosquitto(authority, issueServer(folder, authority, { names }));
    const gateway = issueClient(folder, authority, GATEWAY);
    const city = issueClient(folder, authority, "city-denhaag");
    mkdirSync(join(bench.share, "tls"));
    for (const [from, to] of [
      [authority.ca, "ca.pem"],
      [gateway.cert, "gw07.pem"],
      [gateway.key, "gw07.key"],
    ] as const)
      copyFileSync(from, join(bench.share, "tls", to));
    const { ack, privacy, sensors, contacts = [] } = options;
    const site = new LiveGateway();
    await site.prepare({
      broker: `url: "mqtts://${BROKER.host}:${BROKER.port}", ca: ca.pem, cert: gw07.pem, key: gw07.key, ack: ${ack}`,
      cityBroker: `url: "mqtts://localhost:${broker.port}", ca: ${authority.ca}, cert: ${city.cert}, key: ${city.key}`,
      privacy: typeof privacy === "string" ? privacy : exactly(privacy),
      sensors,
      contacts,
    });
    cpSync(site.folder, join(bench.share, "site"), { recursive: true });
    site.startReceive(...(ack === "city" ? ["--ack"] : []));
    return new Outside(broker, site);
  }

  /** Everything that the city printed. */
  get printed(): readonly Printed[] {
    return this.#site.receive?.printed ?? [];
  }

  /** Windows of one sensor, as they came. */
  records(sensor: string): readonly Printed[] {
    return this.printed.filter((line) => line.type === "record" && line.sensor === sensor);
  }

  /** What the city asks of the gateway from afar, and what it is told. */
  ask(command: CommandName): ReturnType<typeof telpost> {
    const site = ["--site", this.#site.path("site.yaml"), "--gateway", GATEWAY];
    return telpost(["command", command, ...site, "--timeout", "120"]);
  }

  async stop(): Promise<void> {
    await this.#site.dispose();
    await this.broker.stop();
  }
}

function exactly({ windowSeconds }: { readonly windowSeconds: number }): string {
  return `profile: lab, mechanism: none, reason: test, flow: { windowSeconds: ${windowSeconds} }`;
}

/** @returns false when it did not come true in time */
export async function comesTrue(condition: () => boolean, limitMs: number): Promise<boolean> {
  const untilMs = performance.now() + limitMs;
  while (!condition() && performance.now() < untilMs) await wait(100);
  return condition();
}
