import { connect, isIP } from "node:net";
import { classify } from "../../forward/uplink/classify.ts";
import { check, failed, good, type Patient, type Subject } from "../check.ts";
import { textOf } from "../machine.ts";
import { configOf } from "./files.ts";

/** Where broker.url leads. */
export function brokerOf(patient: Patient): {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
} {
  const url = new URL(configOf(patient).broker.url);
  const isTls = url.protocol === "mqtts:";
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || (isTls ? 8883 : 1883)),
    isTls,
  };
}

const isOwn = (host: string) => host === "localhost" || host === "::1" || host.startsWith("127.");

interface RouteFacts {
  readonly host: string;
  readonly routes: boolean;
}

/** Whether there is a way out at all. */
export const route = check<RouteFacts>("route", {
  needs: ["configuration"],
  remote: true,
  observe: (subject) => ({ host: brokerOf(subject).host, routes: hasRoutes(subject) }),
  judge({ host, routes }) {
    if (isOwn(host)) return [good("The broker is on this machine.")];
    if (!routes) return [failed("network.no_route", "The kernel's table of routes is empty.")];
    return [good("There is a way to other networks.")];
  },
});

/** proc_net(5): a header and one line a route; of IPv6 those over `lo` lead nowhere. */
function hasRoutes({ machine }: Subject): boolean {
  const four = (textOf(machine, "proc/net/route") ?? "").split("\n").slice(1);
  const six = (textOf(machine, "proc/net/ipv6_route") ?? "").split("\n");
  return four.some(Boolean) || six.some((line) => line !== "" && !/\slo$/.test(line));
}

interface NameFacts {
  readonly host: string;
  /** Why it is not found; null when it is. */
  readonly error: string | null;
}

/** Whether the broker's name is found. */
export const name = check<NameFacts>("name", {
  needs: ["configuration", "route"],
  remote: true,
  late: "network.no_dns",
  async observe(subject) {
    const { host } = brokerOf(subject);
    return { host, error: isIP(host) === 0 ? await subject.machine.lookup(host) : null };
  },
  judge({ host, error }) {
    if (error === "EAI_AGAIN") return [failed("network.no_dns", `Asked for ${host}.`)];
    if (error) return [failed("broker.unresolved", `${host}: ${error}.`, { fill: { NAME: host } })];
    return [good(isIP(host) === 0 ? "The broker's name is found." : "The broker is named by its address.")];
  },
});

interface TcpFacts {
  readonly host: string;
  readonly port: number;
  readonly error: unknown;
}

/** Whether the broker's port takes a connection. */
export const tcp = check<TcpFacts>("tcp", {
  needs: ["name"],
  remote: true,
  late: "broker.timeout",
  observe: (subject) => reach(subject),
  judge({ host, port, error }) {
    if (error === null) return [good(`${host} takes connections at port ${port}.`)];
    const { code, detail } = classify({
      error,
      wasUp: false,
      clockSynced: true,
      nowMs: Number.MAX_SAFE_INTEGER,
    });
    return [
      failed(code, `${host} port ${port}: ${detail || "closed at once"}.`, { fill: fillFor(host, port) }),
    ];
  },
});

export const fillFor = (host: string, port: number) => ({ HOST: host, PORT: String(port) });

function reach(subject: Subject): Promise<TcpFacts> {
  const { host, port } = brokerOf(subject);
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    subject.signal.addEventListener("abort", () => socket.destroy(), { once: true });
    const end = (error: unknown) => {
      socket.destroy();
      resolve({ host, port, error });
    };
    socket.once("connect", () => end(null));
    // Of several addresses the first failure says enough.
    socket.once("error", (error) => end(error instanceof AggregateError ? error.errors[0] : error));
  });
}
