import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";

/** What a message on the broker looks like from outside: nothing that it says. */
export interface Passing {
  readonly topic: string;
  readonly bytes: number;
}

/** A broker inside this process (MQTT 3.1.1), reachable on the loopback interface only. */
export interface DemoBroker {
  readonly port: number;
  stop(): Promise<void>;
}

/** @param onMessage called for every message a client publishes */
export async function startBroker(onMessage: (message: Passing) => void): Promise<DemoBroker> {
  const broker = await Aedes.createBroker();
  broker.on("publish", ({ topic, payload }, client) => {
    if (client) onMessage({ topic, bytes: Buffer.byteLength(payload) });
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    broker.handle(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: portOf(server),
    async stop() {
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("a server that listens has a port");
  return address.port;
}
