import { connect, createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../base/clock.ts";
import { type ErrorCode, isErrorCode, TelpostError } from "../base/errors.ts";
import { listenOnSocket } from "../base/listen.ts";
import type { Log } from "../base/log.ts";

/** What was asked, as it came: whoever needs more than the verb checks it. */
export interface Asked {
  readonly request: unknown;
  /** Aborted when the asker has left. */
  readonly left: AbortSignal;
}

/** What a verb answers, at once or later: plain data, nothing that depends on passages. */
export type ControlVerbs = Readonly<Record<string, (asked: Asked) => unknown>>;

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

  /** @throws TelpostError control.in_use when another process listens there, socket.unusable */
  async start(): Promise<void> {
    await listenOnSocket(this.#server, this.#path, 0o660, "control.in_use");
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

type Reply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: ErrorCode };

function serve(socket: Socket, verbs: ControlVerbs, { clock, log }: { clock: Clock; log: Log }): void {
  let text = "";
  const left = new AbortController();
  const idle = clock.after("control idle", IDLE_MS, () => socket.destroy());
  socket.setEncoding("utf8");
  socket.on("error", () => {});
  socket.on("close", () => {
    idle.cancel();
    left.abort();
  });
  const onData = (chunk: string) => {
    text += chunk;
    if (text.length > MAX_REQUEST_BYTES) return socket.destroy();
    if (!text.includes("\n")) return;
    // One request a connection: whatever else comes is not even looked at.
    socket.off("data", onData).resume();
    idle.cancel();
    void replyTo({ request: parsed(text), left: left.signal }, verbs).then((reply) => {
      if (!reply.ok) log.warn("control.refused", { code: reply.error });
      socket.end(`${JSON.stringify(reply)}\n`);
      socket.destroySoon();
    });
  };
  socket.on("data", onData);
}

/** An expected failure of a verb is its answer; it must not end the process that was asked. */
async function replyTo(asked: Asked, verbs: ControlVerbs): Promise<Reply> {
  const verb = verbOf(asked.request);
  const handler = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (!handler) return { ok: false, error: "usage.unknown_verb" };
  try {
    return { ok: true, value: await handler(asked) };
  } catch (failure) {
    if (!(failure instanceof TelpostError)) throw failure;
    return { ok: false, error: failure.code };
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function verbOf(request: unknown): string | undefined {
  const verb = (request as { verb?: unknown } | null | undefined)?.verb;
  return typeof verb === "string" ? verb : undefined;
}

export interface AskOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** What goes with the verb. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/**
 * Asks a running process.
 * @throws TelpostError usage.not_running when nobody answers within `timeoutMs`, control.denied, or what the verb failed with
 */
export function askControl(
  path: string,
  verb: string,
  { clock, timeoutMs, more }: AskOptions,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = "";
    const fail = (code: ErrorCode) => {
      timer.cancel();
      socket.destroy();
      reject(new TelpostError(code, path));
    };
    const timer = clock.after("control answer", timeoutMs, () => fail("usage.not_running"));
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(`${JSON.stringify({ ...more, verb })}\n`));
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > MAX_REPLY_BYTES) fail("usage.not_running");
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      fail(code === "EACCES" || code === "EPERM" ? "control.denied" : "usage.not_running");
    });
    socket.on("end", () => {
      const reply = parseReply(text);
      if (!reply?.ok) return fail(reply?.error ?? "usage.not_running");
      timer.cancel();
      resolve(reply.value);
    });
  });
}

function parseReply(text: string): Reply | undefined {
  try {
    const { ok, value, error } = JSON.parse(text) as { ok?: unknown; value?: unknown; error?: unknown };
    if (ok === true) return { ok, value };
    return { ok: false, error: isErrorCode(error) ? error : "usage.not_running" };
  } catch {
    return undefined;
  }
}
