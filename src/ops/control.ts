import { connect, createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { listenOnSocket } from "../base/listen.ts";
import type { Log } from "../base/log.ts";

/** What a verb answers: plain data, nothing that depends on passages. */
export type ControlVerbs = Readonly<Record<string, () => unknown>>;

const MAX_REQUEST_BYTES = 4096;
const MAX_REPLY_BYTES = 1024 * 1024;
/** A technician who opens the socket and says nothing must not hold it. */
const IDLE_MS = 5_000;
const MAX_CONNECTIONS = 8;

/**
 * The control socket: one JSON line in (`{"verb":"status"}`), one JSON line out, from a closed list of verbs.
 * Who may use it is decided by the permissions of the socket and its folder.
 */
export class ControlServer {
  readonly #server: Server;
  readonly #path: string;
  readonly #sockets = new Set<Socket>();

  constructor(path: string, verbs: ControlVerbs, options: { readonly clock: Clock; readonly log: Log }) {
    this.#path = path;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      serve(socket, verbs, options);
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** @throws TelpostError handover.in_use when another process listens there */
  async start(): Promise<void> {
    await listenOnSocket(this.#server, this.#path, 0o660, "handover.in_use");
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function serve(socket: Socket, verbs: ControlVerbs, { clock, log }: { clock: Clock; log: Log }): void {
  let text = "";
  const idle = clock.after("control idle", IDLE_MS, () => socket.destroy());
  socket.setEncoding("utf8");
  socket.on("error", () => {});
  socket.on("close", () => idle.cancel());
  socket.on("data", (chunk: string) => {
    text += chunk;
    if (text.length > MAX_REQUEST_BYTES) return socket.destroy();
    if (!text.includes("\n")) return;
    const verb = verbOf(text);
    const handler = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    if (!handler) log.warn("control.refused");
    socket.end(`${JSON.stringify(handler ? { ok: true, value: handler() } : { ok: false, error: "unknown verb" })}\n`);
  });
}

function verbOf(line: string): string | undefined {
  try {
    const request: unknown = JSON.parse(line);
    const verb = (request as { verb?: unknown } | null)?.verb;
    return typeof verb === "string" ? verb : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Asks a running process.
 * @throws TelpostError usage.not_running when nobody answers within `timeoutMs`
 */
export function askControl(path: string, verb: string, { clock, timeoutMs }: { clock: Clock; timeoutMs: number }): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = "";
    const fail = () => {
      timer.cancel();
      socket.destroy();
      reject(new TelpostError("usage.not_running", path));
    };
    const timer = clock.after("control answer", timeoutMs, fail);
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(`${JSON.stringify({ verb })}\n`));
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > MAX_REPLY_BYTES) fail();
    });
    socket.on("error", fail);
    socket.on("end", () => {
      const reply = parseReply(text);
      if (!reply) return fail();
      timer.cancel();
      resolve(reply.value);
    });
  });
}

function parseReply(text: string): { value: unknown } | undefined {
  try {
    const reply = JSON.parse(text) as { ok?: boolean; value?: unknown };
    return reply.ok ? { value: reply.value } : undefined;
  } catch {
    return undefined;
  }
}
