import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * What happens to bytes on their way. `drop`: both directions vanish; `mute`: only the broker's answers vanish, so that
 * everything arrives and nothing is proven; `refuse`: no connection is accepted; `delay`: each piece comes later.
 */
export type Weather = "fine" | "drop" | "mute" | "refuse" | { readonly delayMs: number };

/** A TCP proxy on loopback between a gateway and its broker, which does to the connection what a test tells it. */
export class BrokerProxy {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #weather: Weather = "fine";
  #target = 0;

  private constructor() {
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** @param target the port of the broker */
  static async start(target: number): Promise<BrokerProxy> {
    const proxy = new BrokerProxy();
    proxy.#target = target;
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== "object" || !address) throw new Error("no port");
    return address.port;
  }

  /** Changes the weather. Connections whose bytes were lost are cut when it changes again: a stream has no holes. */
  set(weather: Weather): void {
    this.#weather = weather;
    for (const link of this.#links) if (link.lossy || weather === "refuse") link.cut();
  }

  /** From now on connections lead to this port; those that exist are cut. */
  lead(target: number): void {
    this.#target = target;
    this.cut();
  }

  cut(): void {
    for (const link of this.#links) link.cut();
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, "close");
  }

  #accept(client: Socket): void {
    if (this.#weather === "refuse") {
      client.destroy();
      return;
    }
    const link = new Link(client, connect(this.#target, "127.0.0.1"), () => this.#weather);
    this.#links.add(link);
    client.once("close", () => this.#links.delete(link));
  }
}

class Link {
  readonly #ends: readonly [Socket, Socket];
  /** Bytes were lost on the way. */
  lossy = false;

  constructor(client: Socket, broker: Socket, weather: () => Weather) {
    this.#ends = [client, broker];
    this.#carry(client, broker, weather, "drop");
    this.#carry(broker, client, weather, "drop", "mute");
  }

  cut(): void {
    for (const end of this.#ends) end.destroy();
  }

  #carry(from: Socket, to: Socket, weather: () => Weather, ...losing: Weather[]): void {
    let last: Promise<void> = Promise.resolve();
    from.on("data", (bytes) => {
      const now = weather();
      if (this.lossy || losing.includes(now)) {
        this.lossy = true;
        return;
      }
      const waitMs = typeof now === "object" ? now.delayMs : 0;
      last = last.then(() => later(waitMs)).then(() => void (to.destroyed || to.write(bytes)));
    });
    from.on("error", () => this.cut());
    from.on("close", () => void last.then(() => this.cut()));
  }
}

function later(ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
